#include "template/assemble.h"

#include "template/datum_traits.h"
#include "template/known_values.h"
#include "template/text_tests.h"

namespace testloom::templating {

namespace {

// The traits that keep a text from standing as it is.
uint16_t breaks_of(const Placement& placement) {
  constexpr Traits unusual = traits::beyond_ascii | traits::control;
  const Traits quote = placement.quote == '"' ? traits::double_quote : traits::single_quote;
  switch (placement.rule) {
    case Rule::str_text:
      return static_cast<Traits>(unusual | traits::backslash | quote |
                                 (placement.in_fstring ? traits::brace : 0));
    case Rule::bytes_text:
      return static_cast<Traits>(unusual | traits::backslash | quote);
    case Rule::comment:
      return placement.guarded ? traits::every_text : static_cast<Traits>(unusual | traits::sign);
    case Rule::expression:
      return static_cast<Traits>(unusual | traits::backslash | traits::single_quote);
    case Rule::name:
    case Rule::identifier:
    case Rule::number_or_name:
      return traits::not_name;
    case Rule::verbatim:
      return 0;
    case Rule::remark:
      return placement.on_top ? traits::every_text : unusual;
    case Rule::yaml_double:
      if (placement.begins || placement.alone) return traits::every_text;
      [[fallthrough]];
    case Rule::json_text:
      return static_cast<Traits>(unusual | traits::backslash | traits::double_quote);
    default:
      return traits::every_text;
  }
}

bool takes_digits(const Placement& placement) {
  switch (placement.rule) {
    case Rule::expression:
    case Rule::number_or_name:
      return !placement.before_dot;
    case Rule::name:
      return !placement.begins;
    case Rule::str_text:
    case Rule::bytes_text:
    case Rule::comment:
    case Rule::verbatim:
    case Rule::json_text:
    case Rule::json_value:
    case Rule::yaml_double:
    case Rule::shell_number:
      return true;
    default:
      return false;
  }
}

class Assembler {
 public:
  Assembler(const Resolution& resolution, const Placements& placements, const Expressions& expressions,
            bool keeps_places, const Sources* marked)
      : expressions_(expressions),
        keeps_places_(keeps_places),
        marked_(marked),
        known_(expressions, resolution.slot_count) {
    for (size_t i = 0; i < resolution.places.size(); ++i) {
      const Place& place = resolution.places[i];
      program_.places.push_back({place.span, place.expression, placements.of[i].value_or(Placement{})});
    }
  }

  Program run(const Tree& tree) {
    add_nodes(tree.nodes);
    add({.code = OpCode::end});
    program_.literals.append(kReadableSlack, '\0');
    return std::move(program_);
  }

 private:
  // Where a jump to here goes. What has been collected must be appended before.
  uint32_t label() {
    flush();
    return static_cast<uint32_t>(program_.operations.size());
  }

  void flush() {
    if (pending_ < program_.literals.size()) add({});
  }

  size_t add(Operation operation) {
    operation.literal = static_cast<uint32_t>(pending_);
    operation.literal_size = static_cast<uint32_t>(program_.literals.size() - pending_);
    pending_ = program_.literals.size();
    program_.operations.push_back(operation);
    return program_.operations.size() - 1;
  }

  void add_nodes(const std::vector<Node>& nodes) {
    for (const Node& node : nodes) {
      if (!fits_) return;
      switch (node.kind) {
        case Node::Kind::text:
          add_text(node);
          break;
        case Node::Kind::put:
          add_put();
          break;
        case Node::Kind::assignment:
          add_assignment(node);
          break;
        case Node::Kind::choice:
          add_choice(node);
          break;
        case Node::Kind::loop:
          add_loop(node);
          break;
        case Node::Kind::block:
          add_nodes(node.body);
          break;
        case Node::Kind::include:
          break;
      }
    }
  }

  void add_text(const Node& node) {
    if (!marked_) {
      program_.literals += node.content;
      return;
    }
    for (size_t at = 0; at < node.content.size();) {
      mark_line({node.span.begin + at, node.span.end, node.span.file});
      const size_t line = node.content.find('\n', at);
      const size_t next = line == std::string_view::npos ? node.content.size() : line + 1;
      program_.literals += node.content.substr(at, next - at);
      at = next;
      begins_line_ = line != std::string_view::npos;
    }
  }

  // Where a line begins here, says where it comes from.
  void mark_line(const Span& span) {
    if (!marked_ || !begins_line_) return;
    begins_line_ = false;
    program_.literals +=
        kLineMark + std::to_string(span.file) + ":" + std::to_string(marked_->line_at(span)) + kLineMark;
  }

  void add_put() {
    const size_t place = next_place_++;
    mark_line(program_.places[place].span);
    const Placement& placement = program_.places[place].placement;
    const ExpressionId id = program_.places[place].expression;
    const Expression& expression = expressions_[id];
    const bool is_name = expression.kind == ExpressionKind::name;
    const Operation put{.code = is_name ? OpCode::put_slot : OpCode::put,
                        .quoted = placement.rule == Rule::expression,
                        .plain_integer = takes_digits(placement),
                        .breaks = breaks_of(placement),
                        .expression = is_name ? expression.slot : id,
                        .place = static_cast<uint32_t>(place)};
    const bool is_known = known_.mentions_known(id);
    if ((is_known || expression.kind == ExpressionKind::constant) && put_now(put, id)) return;
    fits_ = fits_ && !is_known;
    add(put);
  }

  // Whether the value is known and was put among the literals.
  bool put_now(const Operation& put, ExpressionId id) {
    if (keeps_places_) return false;
    std::optional<Datum> value = known_.value(id);
    if (!value) return false;
    if (value->is(DatumKind::text)) *value = with_traits(*value, (put.breaks & traits::not_name) != 0);
    if (puts_plain_integer(put, *value)) {
      program_.literals += std::to_string(value->integer);
    } else if (puts_plain_text(put, *value)) {
      if (put.quoted) program_.literals += '\'';
      program_.literals += value->text();
      if (put.quoted) program_.literals += '\'';
    } else {
      return false;
    }
    return true;
  }

  void add_assignment(const Node& node) {
    fits_ = !known_.mentions_known(node.expression) && !known_.mentions_known(node.target);
    add({.code = OpCode::assign, .expression = node.expression, .target = node.target});
  }

  void add_choice(const Node& node) {
    std::vector<size_t> ends;
    bool is_decided = false;  // a branch that is always taken came before
    for (const Branch& branch : node.branches) {
      std::optional<size_t> skip;
      if (!is_decided && branch.condition != kNoExpression && !known_.mentions_known(branch.condition)) {
        skip = add_condition(branch.condition);
      } else if (is_decided || (branch.condition != kNoExpression && !is_true(branch.condition))) {
        next_place_ += count_places(branch.body);
        continue;
      } else {
        is_decided = true;
      }
      add_nodes(branch.body);
      if (!is_decided && &branch != &node.branches.back()) ends.push_back(add({.code = OpCode::jump}));
      if (skip) program_.operations[*skip].jump = label();
    }
    const uint32_t end = label();
    for (const size_t jump : ends) program_.operations[jump].jump = end;
  }

  // Adds a jump that is taken unless the condition holds.
  size_t add_condition(ExpressionId condition) {
    const size_t first = program_.tests.size();
    const std::optional<bool> negated = add_text_tests(expressions_, condition, program_.tests);
    const size_t count = program_.tests.size() - first;
    if (!negated || count > kMostTextTests) {
      program_.tests.resize(first);
      return add({.code = OpCode::jump_unless, .expression = condition});
    }
    return add({.code = OpCode::jump_unless_text,
                .negated = *negated,
                .test_count = static_cast<uint16_t>(count),
                .expression = condition,
                .target = static_cast<uint32_t>(first)});
  }

  // Of a condition that mentions what is known.
  bool is_true(ExpressionId condition) {
    const std::optional<Datum> value = known_.value(condition);
    fits_ = fits_ && value.has_value();
    return value && truth(*value);
  }

  static size_t count_places(const std::vector<Node>& nodes) {
    size_t count = 0;
    for (const Node& node : nodes) {
      count += (node.kind == Node::Kind::put ? 1 : 0) + count_places(node.body);
      for (const Branch& branch : node.branches) count += count_places(branch.body);
    }
    return count;
  }

  void add_loop(const Node& node) {
    if (write_out(node)) return;
    // Its fields are found by how many loops are around it when rendering.
    fits_ = !known_.within_loop();
    const size_t begin =
        add({.code = OpCode::loop_begin, .expression = node.expression, .target = node.target});
    ++depth_;
    add_nodes(node.body);
    --depth_;
    const size_t next = add({.code = OpCode::loop_next});
    program_.operations[next].jump = static_cast<uint32_t>(begin + 1);
    program_.operations[begin].jump = label();
  }

  // Adds the body once for each item, when all items are known and everything fits; else nothing.
  bool write_out(const Node& node) {
    if (keeps_places_) return false;
    const std::optional<size_t> length = known_.enter_loop(node.expression, depth_);
    if (!length) return false;
    const Mark before = mark();
    ++depth_;
    for (size_t i = 0; fits_ && i < *length; ++i) {
      const Mark pass = mark();
      next_place_ = before.next_place;
      fits_ = known_.pass(node.target, i);
      add_nodes(node.body);
      written_out_ += 1 + program_.literals.size() - pass.literals +
                      sizeof(Operation) * (program_.operations.size() - pass.operations);
      fits_ = fits_ && written_out_ <= kMostWrittenOut;
    }
    --depth_;
    known_.leave_loop(node.target);
    if (!fits_) {
      go_back(before);
      return false;
    }
    next_place_ = before.next_place + count_places(node.body);
    return true;
  }

  struct Mark {
    size_t literals, pending, operations, tests, next_place;
    bool begins_line;
  };
  Mark mark() const {
    return {program_.literals.size(), pending_,    program_.operations.size(),
            program_.tests.size(),    next_place_, begins_line_};
  }
  void go_back(const Mark& mark) {
    program_.literals.resize(mark.literals);
    program_.operations.resize(mark.operations);
    program_.tests.resize(mark.tests);
    pending_ = mark.pending;
    next_place_ = mark.next_place;
    begins_line_ = mark.begins_line;
    fits_ = true;
  }

  const Expressions& expressions_;
  const bool keeps_places_;
  const Sources* marked_;    // none: lines are not marked
  bool begins_line_ = true;  // what is appended next stands at the beginning of a line
  Program program_;
  size_t pending_ = 0;     // the literals from here on are in no operation yet
  size_t next_place_ = 0;  // in Program::places
  size_t depth_ = 0;       // so many loops are around
  // For loops that are written out.
  KnownValues known_;
  size_t written_out_ = 0;  // bytes, also where they did not fit
  bool fits_ = true;        // nothing came up that has to be decided when rendering
};

}  // namespace

Program assemble(const Tree& tree, const Resolution& resolution, const Placements& placements,
                 const Expressions& expressions, bool keeps_places, const Sources* marked) {
  return Assembler(resolution, placements, expressions, keeps_places, marked).run(tree);
}

}  // namespace testloom::templating
