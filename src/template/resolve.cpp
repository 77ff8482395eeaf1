#include "template/resolve.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/text.h"
#include "template/names.h"
#include "template/scope.h"
#include "template/type_rules.h"

namespace testloom::templating {

namespace {

class Resolver {
 public:
  Resolver(const Tree& tree, Expressions& expressions, Mistakes& mistakes)
      : declarations_(tree.declarations),
        expressions_(expressions),
        mistakes_(mistakes),
        scope_(kFirstParameterSlot + tree.declarations.parameters.size()) {}

  Resolution run(const std::vector<Node>& nodes) {
    for (const ParameterDeclaration& declared : declarations_.parameters) check_parameter_name(declared);
    for (const Node& node : nodes) count_assignments(node);
    if (scope_.assigned_names() > kMostVariables) {
      refuse({}, fmt::format("more than {} variables are set", kMostVariables),
             "keep values in a list or dict");
      return std::move(result_);
    }
    walk(nodes);
    result_.slot_count = scope_.slot_count();
    drop_prefixes(result_.required_keys);
    std::sort(result_.used_slots.begin(), result_.used_slots.end());
    result_.used_slots.erase(std::unique(result_.used_slots.begin(), result_.used_slots.end()),
                             result_.used_slots.end());
    return std::move(result_);
  }

 private:
  void refuse(Span where, std::string message, std::string hint) {
    mistakes_.push_back({where, std::move(message), std::move(hint)});
  }

  void check_parameter_name(const ParameterDeclaration& declared) {
    if (is_taken(declared.name)) {
      refuse(declared.name_span, fmt::format("'{}' has a meaning already", declared.name),
             "give the parameter another name");
    }
  }

  static bool is_taken(std::string_view name) {
    return find_fixed_slot(name) || name == "loop" || find_function(name) || name == "identifier" ||
           name == "raw";
  }

  // A variable that is set once has its value's type; one that is set again and again may have any.
  void count_assignments(const Node& node) {
    if (node.kind == Node::Kind::assignment) {
      for_each_name(node.target,
                    [&](ExpressionId name) { scope_.count_assignment(expressions_[name].text); });
    }
    for (const Branch& branch : node.branches) {
      for (const Node& inner : branch.body) count_assignments(inner);
    }
    for (const Node& inner : node.body) count_assignments(inner);
  }

  template <typename Use>
  void for_each_name(ExpressionId target, Use use) {
    const Expression& node = expressions_[target];
    if (node.kind == ExpressionKind::name) use(target);
    if (node.kind != ExpressionKind::tuple) return;
    for (const ExpressionId child : expressions_.children(node)) for_each_name(child, use);
  }

  // --- statements

  void walk(const std::vector<Node>& nodes) {
    for (const Node& node : nodes) {
      switch (node.kind) {
        case Node::Kind::text:
        case Node::Kind::include:
          break;
        case Node::Kind::put:
          may_be_raw_ = true;
          resolve_whole(node.expression);
          may_be_raw_ = false;
          result_.places.push_back({node.span, node.expression});
          break;
        case Node::Kind::choice:
          walk_choice(node);
          break;
        case Node::Kind::loop:
          walk_loop(node);
          break;
        case Node::Kind::assignment:
          resolve_whole(node.expression);
          assign(node.target, expressions_[node.expression].type);
          break;
        case Node::Kind::block:
          walk(node.body);
          break;
      }
    }
  }

  void walk_choice(const Node& node) {
    Scope::Ways ways = scope_.begin_ways();
    bool has_else = false;
    for (const Branch& branch : node.branches) {
      has_else = branch.condition == kNoExpression;
      if (!has_else) resolve_whole(branch.condition);
      ++conditional_;
      walk(branch.body);
      --conditional_;
      if (branch.condition != kNoExpression && &branch == &node.branches.front()) ++conditional_;
      scope_.end_way(ways);
    }
    --conditional_;
    if (!has_else) scope_.end_way(ways);
    scope_.join(ways);
  }

  void walk_loop(const Node& node) {
    resolve_whole(node.expression);
    check_iterable(node.expression);
    const Scope::Mark mark = scope_.mark();
    declare(node.target, element_type(expressions_[node.expression]));
    ++loops_;
    ++conditional_;
    walk(node.body);
    --conditional_;
    --loops_;
    scope_.forget_since(mark, "only within its loop");
  }

  void check_iterable(ExpressionId id) {
    const Expression& node = expressions_[id];
    const bool can =
        node.type == ValueType::any || node.type == ValueType::text || node.type >= ValueType::list;
    if (!can) {
      refuse(node.span, fmt::format("a loop cannot go through {}", with_article(node.type)),
             "such as range(n), or a list");
    }
  }

  // A loop's variable: a new one, which hides an older one of its name meanwhile.
  void declare(ExpressionId target, ValueType type) {
    const bool single = expressions_[target].kind == ExpressionKind::name;
    for_each_name(target, [&](ExpressionId id) {
      Expression& name = expressions_[id];
      if (!check_variable_name(name)) return;
      name.slot = static_cast<uint32_t>(scope_.declare(name.text, single ? type : ValueType::any));
    });
  }

  void assign(ExpressionId target, ValueType type) {
    const bool single = expressions_[target].kind == ExpressionKind::name;
    for_each_name(target, [&](ExpressionId id) {
      Expression& name = expressions_[id];
      if (!check_variable_name(name)) return;
      name.slot = static_cast<uint32_t>(scope_.assign(name.text, single ? type : ValueType::any));
    });
  }

  bool check_variable_name(const Expression& name) {
    if (is_taken(name.text) || find_parameter(name.text)) {
      refuse(name.span, fmt::format("'{}' has a meaning already", name.text),
             "give the variable another name");
      return false;
    }
    return true;
  }

  std::optional<size_t> find_parameter(std::string_view name) const {
    for (size_t i = 0; i < declarations_.parameters.size(); ++i) {
      if (declarations_.parameters[i].name == name) return i;
    }
    return std::nullopt;
  }

  // --- expressions

  void resolve_whole(ExpressionId id) {
    const bool raw_allowed = may_be_raw_;
    const size_t mistakes_before = mistakes_.size();
    may_be_raw_ = false;
    if (raw_allowed && expressions_[id].kind == ExpressionKind::raw) {
      resolve_raw(id);
    } else {
      resolve_expression(id);
    }
    if (mistakes_.size() == mistakes_before) fold(id);
  }

  void resolve_raw(ExpressionId id) {
    const size_t used_before = mistakes_.size();
    trusts_ = true;
    resolve_expression(expressions_[id].a);
    trusts_ = false;
    if (mistakes_.size() == used_before) expressions_[id].type = expressions_[expressions_[id].a].type;
  }

  void resolve_expression(ExpressionId id) {
    Expression& node = expressions_[id];
    switch (node.kind) {
      case ExpressionKind::constant:
        node.type = type_of(node.constant);
        return;
      case ExpressionKind::name:
        return resolve_name(id);
      case ExpressionKind::attribute:
        return resolve_attribute(id);
      case ExpressionKind::comprehension:
        return resolve_comprehension(id);
      case ExpressionKind::both:
      case ExpressionKind::either:
      case ExpressionKind::conditional:
        return resolve_lazy(id);
      case ExpressionKind::raw:
        refuse(node.span, "raw(...) stands inside an expression", "it is written alone: ${raw(name)}");
        return;
      case ExpressionKind::broken:
        return;
      default:
        break;
    }
    resolve_parts(id);
    const std::optional<Mistake> problem = infer(expressions_, id);
    if (problem) refuse(problem->where.value_or(expressions_[id].span), problem->message, problem->hint);
  }

  void resolve_parts(ExpressionId id) {
    const Expression node = expressions_[id];
    if (node.a != kNoExpression) resolve_expression(node.a);
    if (node.b != kNoExpression) resolve_expression(node.b);
    for (const ExpressionId child : expressions_.children(node)) {
      if (child != kNoExpression) resolve_expression(child);
    }
    note_key(id);
  }

  // Of these the second part may never be worked out.
  void resolve_lazy(ExpressionId id) {
    const Expression node = expressions_[id];
    const ExpressionId always = node.kind == ExpressionKind::conditional ? node.b : node.a;
    resolve_expression(always);
    ++conditional_;
    for (const ExpressionId part : {node.a, node.b, node.c}) {
      if (part != kNoExpression && part != always) resolve_expression(part);
    }
    --conditional_;
    const ExpressionId other = node.kind == ExpressionKind::conditional ? node.c : node.b;
    expressions_[id].type = join_types(expressions_[node.a].type, expressions_[other].type);
  }

  void resolve_name(ExpressionId id) {
    Expression& node = expressions_[id];
    if (const Scope::Variable* variable = scope_.find(node.text)) {
      node.slot = static_cast<uint32_t>(variable->slot);
      node.type = variable->type;
      if (trusts_) refuse_untrusted(node);
      return;
    }
    if (const std::optional<size_t> slot = find_fixed_slot(node.text)) {
      node.slot = static_cast<uint32_t>(*slot);
      node.type = fixed_type(*slot);
      if (trusts_) refuse_untrusted(node);
    } else if (const std::optional<size_t> parameter = find_parameter(node.text)) {
      node.slot = static_cast<uint32_t>(kFirstParameterSlot + *parameter);
      node.type = declarations_.parameters[*parameter].type;
      if (trusts_ && !declarations_.parameters[*parameter].trusted) refuse_untrusted(node);
    } else {
      refuse_unknown(node);
      node.kind = ExpressionKind::broken;
      return;
    }
    result_.used_slots.push_back(node.slot);
  }

  void refuse_untrusted(const Expression& node) {
    refuse(node.span, fmt::format("raw() cannot take '{}'", node.text),
           "only a parameter that is declared trusted: '#% param NAME: str trusted'");
  }

  void refuse_unknown(const Expression& node) {
    if (node.text == "loop") {
      refuse(node.span, "'loop' stands outside of a loop, or alone",
             "within '#% for': loop.index, loop.first, loop.last, loop.length");
    } else if (is_taken(node.text)) {
      refuse(node.span, fmt::format("'{}' is a function", node.text),
             fmt::format("call it: {}(...)", node.text));
    } else if (const std::string_view why = scope_.why_forgotten(node.text); !why.empty()) {
      refuse(node.span, fmt::format("'{}' has no value here", node.text), fmt::format("it is set {}", why));
    } else {
      refuse(node.span, fmt::format("unknown name {}", quote(node.text)), unknown_name_hint(node.text));
    }
  }

  // So many hints are worked out; later mistakes are not shown.
  static constexpr size_t kMostHints = 10 * kMostMistakes;

  std::string unknown_name_hint(std::string_view name) const {
    if (mistakes_.size() > kMostHints) return {};
    std::vector<std::string_view> known;
    for (const NameInfo& info : template_names()) known.push_back(info.name);
    for (const ParameterDeclaration& declared : declarations_.parameters) known.push_back(declared.name);
    for (const Scope::Variable& variable : scope_.visible()) known.push_back(variable.name);
    const std::string likely = nearest(name, known);
    return likely.empty() ? "known names: " + join(known, ", ") : fmt::format("did you mean '{}'?", likely);
  }

  void resolve_attribute(ExpressionId id) {
    Expression& node = expressions_[id];
    const Expression& owner = expressions_[node.a];
    if (owner.kind == ExpressionKind::name && owner.text == "loop" && !scope_.find("loop"))
      return resolve_loop_field(id);
    resolve_expression(node.a);
    note_key(id);
    const ValueType type = expressions_[node.a].type;
    if (expressions_[node.a].kind == ExpressionKind::broken || type == ValueType::any ||
        type == ValueType::dict)
      return;
    const Span name{node.span.end - node.text.size(), node.span.end, node.span.file};
    const bool is_method = type == ValueType::text && find_method(node.text);
    refuse(name, fmt::format("{} has no attribute '{}'", with_article(type), node.text),
           is_method ? fmt::format("call it: .{}()", node.text) : "");
  }

  void resolve_loop_field(ExpressionId id) {
    Expression& node = expressions_[id];
    constexpr std::string_view fields[] = {"index", "first", "last", "length"};
    const auto found = std::find(std::begin(fields), std::end(fields), node.text);
    if (loops_ == 0) {
      refuse(node.span, "'loop' stands outside of a loop", "it is known between '#% for' and '#% endfor'");
      node.kind = ExpressionKind::broken;
    } else if (found == std::end(fields)) {
      refuse(node.span, fmt::format("'loop' has no '{}'", node.text),
             "loop.index, loop.first, loop.last, loop.length");
      node.kind = ExpressionKind::broken;
    } else {
      node.kind = ExpressionKind::loop;
      node.op = static_cast<uint8_t>(found - std::begin(fields));
      node.slot = static_cast<uint32_t>(loops_ - 1);
      node.type = node.op == 0 || node.op == 3 ? ValueType::integer : ValueType::boolean;
    }
  }

  void resolve_comprehension(ExpressionId id) {
    const Expression node = expressions_[id];
    const Scope::Mark mark = scope_.mark();
    bool outermost = true;
    for (const ExpressionId clause_id : expressions_.children(node)) {
      const Expression clause = expressions_[clause_id];
      resolve_expression(clause.a);
      check_iterable(clause.a);
      declare(clause.b, element_type(expressions_[clause.a]));
      if (outermost) ++conditional_;
      outermost = false;
      for (const ExpressionId condition : expressions_.children(clause)) resolve_expression(condition);
    }
    resolve_expression(node.a);
    --conditional_;
    scope_.forget_since(mark, "only within its comprehension");
    expressions_[id].type = ValueType::list;
  }

  // --- keys of config and model

  static constexpr size_t kMostVariables = 1000;
  static constexpr size_t kMostKeys = 1000;  // later ones are found missing when rendered

  // Notes config.a.b and config["a"]["b"] where they are worked out in every render.
  void note_key(ExpressionId id) {
    if (conditional_ > 0 || result_.required_keys.size() >= kMostKeys) return;
    std::vector<std::string> path;
    const Expression* node = &expressions_[id];
    for (;; node = &expressions_[node->a]) {
      if (node->kind == ExpressionKind::attribute) {
        path.emplace_back(node->text);
      } else if (node->kind == ExpressionKind::subscript &&
                 expressions_[node->b].kind == ExpressionKind::constant &&
                 expressions_[node->b].constant.is(DatumKind::text)) {
        path.emplace_back(expressions_[node->b].constant.text());
      } else {
        break;
      }
    }
    if (path.empty() || node->kind != ExpressionKind::name ||
        (node->text != "config" && node->text != "model"))
      return;
    std::reverse(path.begin(), path.end());
    const auto same = [&](const RequiredKey& key) { return key.root == node->text && key.path == path; };
    std::vector<RequiredKey>& keys = result_.required_keys;
    if (std::none_of(keys.begin(), keys.end(), same))
      keys.push_back({std::string(node->text), std::move(path)});
  }

  // config.a is there when config.a.b is.
  static void drop_prefixes(std::vector<RequiredKey>& keys) {
    const auto is_prefix = [&](const RequiredKey& key) {
      return std::any_of(keys.begin(), keys.end(), [&](const RequiredKey& longer) {
        return longer.root == key.root && longer.path.size() > key.path.size() &&
               std::equal(key.path.begin(), key.path.end(), longer.path.begin());
      });
    };
    std::vector<RequiredKey> kept;
    for (const RequiredKey& key : keys) {
      if (!is_prefix(key)) kept.push_back(key);
    }
    keys = std::move(kept);
  }

  // --- what needs no values

  void fold(ExpressionId id) {
    const std::optional<Mistake> problem = fold_constants(expressions_, id);
    if (problem) refuse(*problem->where, problem->message, problem->hint);
  }

  const Declarations& declarations_;
  Expressions& expressions_;
  Mistakes& mistakes_;
  Scope scope_;
  Resolution result_;
  size_t loops_ = 0;
  int conditional_ = 0;      // how many choices, loops and lazy parts are around
  bool may_be_raw_ = false;  // the expression is all of a placeholder
  bool trusts_ = false;      // within raw()
};

}  // namespace

Resolution resolve(const Tree& tree, Expressions& expressions, Mistakes& mistakes) {
  return Resolver(tree, expressions, mistakes).run(tree.nodes);
}

}  // namespace testloom::templating
