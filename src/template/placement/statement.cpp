#include "template/placement/statement.h"

#include <algorithm>
#include <array>

#include "template/placement/name_place.h"
#include "template/placement/operand.h"
#include "template/placement/scanner.h"

namespace testloom::templating {

namespace {

using Kind = PythonToken::Kind;

constexpr auto kCompoundWords = std::to_array<std::string_view>(
    {"if", "elif", "else", "for", "while", "try", "except", "finally", "with", "def", "class", "async"});

constexpr std::string_view kAssignHint =
    "name the variable yourself; make the value a part of its name, such "
    "as value_${name}, if it must vary";

constexpr size_t kMostOpen = 2 * kDeepestNesting;  // brackets, which the scan limits, and lambdas

class StatementJudge {
 public:
  StatementJudge(const CodeText& code, std::span<const PythonToken> line, Verdicts& verdicts)
      : code_(code), line_(line), verdicts_(verdicts) {}

  void run() {
    begin_statement(0);
    for (at_ = 0; at_ < line_.size(); ++at_) step(line_[at_]);
  }

 private:
  enum class Bracket {
    statement,        // none: the statement itself
    group,            // ( or [ of a tuple, list or parenthesised expression
    display,          // { }
    access,           // a call or subscript
    parameters,       // of a def
    type_parameters,  // of a def or class
    lambda,           // from `lambda` to its colon
    target,           // ( or [ after `as`
    field,            // replacement field of an f-string
  };
  struct Open {
    Bracket kind;
    bool in_loop_target = false;  // between `for` and `in`
    bool has_value = false;       // parameters, lambda: behind the `=` or `:` of a parameter
    bool shows_source = false;    // field
  };

  const PythonToken* previous() const { return at_ > first_ ? &line_[at_ - 1] : nullptr; }
  const PythonToken* next() const {
    const bool ends = at_ + 1 >= line_.size() || (opens_.size() == 1 && op(line_[at_ + 1], ";"));
    return ends ? nullptr : &line_[at_ + 1];
  }
  bool op(const PythonToken& token, std::string_view text) const { return is_op(code_, token, text); }
  bool word(const PythonToken& token, std::string_view text) const { return is_word(code_, token, text); }
  bool starts_with(std::string_view text) const { return first_ < line_.size() && word(line_[first_], text); }

  void begin_statement(size_t first) {
    first_ = first;
    opens_ = {{Bracket::statement}};
    pending_targets_.clear();
    annotated_ = parameters_seen_ = false;
    is_def_ = starts_with("def") ||
              (starts_with("async") && first + 1 < line_.size() && word(line_[first + 1], "def"));
    is_compound_ = std::any_of(kCompoundWords.begin(), kCompoundWords.end(),
                               [&](std::string_view compound) { return starts_with(compound); });
    is_import_ = starts_with("import") || starts_with("from");
    pattern_end_ = first;
    if (starts_with("case") || starts_with("match")) find_soft_header();
  }

  // `match` and `case` begin a block when what follows can be an operand and a colon ends the header.
  void find_soft_header() {
    if (first_ + 1 >= line_.size()) return;
    const PythonToken& second = line_[first_ + 1];
    if (second.kind == Kind::op && !op(second, "-") && !op(second, "*")) return;
    int depth = 0;
    for (size_t at = first_ + 1; at < line_.size(); ++at) {
      const Kind kind = line_[at].kind;
      if (kind == Kind::open || kind == Kind::field_begin) ++depth;
      if (kind == Kind::close || kind == Kind::field_end) --depth;
      if (depth == 0 && op(line_[at], ";")) return;
      if (depth == 0 && op(line_[at], ":")) {
        is_compound_ = true;
        if (starts_with("case")) pattern_end_ = at;
        return;
      }
    }
  }

  void step(const PythonToken& token) {
    switch (token.kind) {
      case Kind::open:
        opens_.push_back({bracket_kind(token)});
        break;
      case Kind::field_begin:
        opens_.push_back({.kind = Bracket::field, .shows_source = token.shows_source});
        break;
      case Kind::close:
      case Kind::field_end:
        close_lambdas();
        if (opens_.size() > 1) opens_.pop_back();
        break;
      case Kind::spec_begin:
        close_lambdas();
        break;
      case Kind::op:
        step_operator(token);
        break;
      case Kind::name:
        step_name(token);
        break;
      default:
        break;
    }
  }

  void close_lambdas() {
    while (opens_.size() > 1 && opens_.back().kind == Bracket::lambda) opens_.pop_back();
  }

  Bracket bracket_kind(const PythonToken& token) {
    const char c = code_.at(token.begin);
    if (c == '{') return Bracket::display;
    const PythonToken* before = previous();
    if (opens_.size() == 1 && is_def_ && !parameters_seen_) {
      if (c == '[') return Bracket::type_parameters;
      parameters_seen_ = true;
      return Bracket::parameters;
    }
    if (opens_.size() == 1 && starts_with("class") && c == '[') return Bracket::type_parameters;
    if (before && word(*before, "as")) return Bracket::target;
    return before && ends_operand(code_, *before) ? Bracket::access : Bracket::group;
  }

  void step_operator(const PythonToken& token) {
    Open& top = opens_.back();
    const bool takes_values = top.kind == Bracket::parameters || top.kind == Bracket::lambda;
    if (op(token, ":")) {
      if (top.kind == Bracket::lambda) {
        opens_.pop_back();
      } else if (top.kind == Bracket::parameters) {
        top.has_value = true;
      } else if (top.kind == Bracket::statement) {
        if (is_compound_) {
          begin_statement(at_ + 1);
        } else {
          annotated_ = true;
        }
      }
    } else if (op(token, ",") && takes_values) {
      top.has_value = false;
    } else if (op(token, "=") && takes_values) {
      top.has_value = true;
    } else if (top.kind == Bracket::statement && op(token, ";")) {
      begin_statement(at_ + 1);
    } else if (top.kind == Bracket::statement && (op(token, "=") || is_augmented_assignment(code_, token))) {
      for (const size_t site : pending_targets_)
        verdicts_.refuse(site, "where something is assigned to", kAssignHint);
      pending_targets_.clear();
    }
  }

  void step_name(const PythonToken& token) {
    if (code_.text(token.begin, token.end).find(kHole) != std::string_view::npos) {
      place_name(token);
    } else if (word(token, "lambda")) {
      if (opens_.size() < kMostOpen) {
        opens_.push_back({Bracket::lambda});
      } else {
        too_deep_ = true;
      }
    } else if (word(token, "for")) {
      opens_.back().in_loop_target = true;
    } else if (word(token, "in")) {
      opens_.back().in_loop_target = false;
    }
  }

  void place_name(const PythonToken& token) {
    if (too_deep_) {
      refuse(token, "in an expression nested this deep", "split it into several statements");
      return;
    }
    if (refuse_touching(code_, previous(), token, next(), verdicts_)) return;
    const bool in_shown_source =
        std::any_of(opens_.begin(), opens_.end(), [](const Open& open) { return open.shows_source; });
    if (in_shown_source) {
      refuse(token, "in a replacement field that ends in '='",
             "the field shows its own source: write the text and the value apart");
    } else if (previous() && previous()->kind == Kind::conversion) {
      refuse(token, "as the conversion of a replacement field", "write !r, !s or !a");
    } else if (token.end - token.begin > 1) {
      const std::string_view text = code_.text(token.begin, token.end);
      const bool is_defined = previous() && (word(*previous(), "def") || word(*previous(), "class"));
      if (text.find_first_not_of(kHole) == std::string_view::npos && !is_defined) {
        return refuse(token, "touching another value", "write an operator, a comma or '_' between the two");
      }
      const bool after_as = previous() && word(*previous(), "as");
      place_name_parts(code_, token, is_attribute() || (is_import_ && !after_as), verdicts_);
    } else {
      place_alone(token);
    }
  }

  void refuse(const PythonToken& token, std::string_view where, std::string_view hint) {
    refuse_holes(code_, token, verdicts_, where, hint);
  }

  bool is_attribute() const { return previous() && op(*previous(), "."); }

  void place_alone(const PythonToken& token) {
    const PythonToken* before = previous();
    const size_t site = code_.placeholder_at(token.begin);
    const bool names_something =
        starts_with("global") || starts_with("nonlocal") ||
        (before && (word(*before, "def") || word(*before, "class") || word(*before, "as")));
    if (before && names_something) {
      if (word(*before, "as") && !ends_as_target()) {
        refuse(token, "as more than a name after 'as'", "write one name after 'as'");
      } else {
        verdicts_.accept(site, {.rule = Rule::name, .begins = true, .alone = true});
      }
    } else if (is_attribute() || is_import_) {
      place_identifier(token, site);
    } else if (!refuse_statement_place(token) && !refuse_operand_place(token)) {
      accept_operand(site);
    }
  }

  bool ends_as_target() const {
    const PythonToken* after = next();
    return !after || after->kind == Kind::close || op(*after, ":") || op(*after, ",");
  }

  void place_identifier(const PythonToken& token, size_t site) {
    if (is_number(site)) {
      refuse(token, "where a name must stand", "its value is a number");
    } else if (is_import_ && next() && !can_follow_operand(code_, *next()) && !word(*next(), "import")) {
      refuse(token, "in an operator's place", "an import takes plain names");
    } else {
      verdicts_.accept(site, {.rule = Rule::identifier, .begins = true, .alone = true});
    }
  }

  // Places where Python wants a name, a pattern or a statement and not an operand.
  bool refuse_statement_place(const PythonToken& token) {
    const PythonToken* before = previous();
    const PythonToken* after = next();
    const Open& top = opens_.back();
    const bool sets =
        after && (op(*after, "=") || op(*after, ":=") || is_augmented_assignment(code_, *after));
    const auto in = [&](Bracket kind) {
      return std::any_of(opens_.begin(), opens_.end(), [&](const Open& open) { return open.kind == kind; });
    };
    const bool in_loop_target =
        std::any_of(opens_.begin(), opens_.end(), [](const Open& open) { return open.in_loop_target; });
    const bool takes_values = top.kind == Bracket::parameters || top.kind == Bracket::lambda;
    if (before && at_ == first_ + 1 && op(*before, "@")) {
      refuse(token, "as a decorator", "write the decorator's name");
    } else if (takes_values && !top.has_value) {
      refuse(token, "as a parameter", "name the parameter yourself, or give the value as its default");
    } else if (in(Bracket::type_parameters)) {
      refuse(token, "among type parameters", "name them yourself");
    } else if (in_loop_target) {
      refuse(token, "as a loop's variable", "name the variable yourself");
    } else if (in(Bracket::target)) {
      refuse(token, "where something is assigned to", kAssignHint);
    } else if (at_ < pattern_end_) {
      refuse(token, "in a pattern", "compare with the value: 'case other if other == value'");
    } else if (starts_with("del") && only_groups()) {
      refuse(token, "in a 'del' statement", "name the variable yourself");
    } else if (sets && top.kind == Bracket::access && op(*after, "=")) {
      refuse(token, "as an argument's name", "write its name, or pass **{name: value}");
    } else if (sets && !(op(*after, "=") && (annotated_ || takes_values))) {
      refuse(token, "where something is assigned to", kAssignHint);
    } else if (!before) {
      refuse_at_beginning(token, after);
    } else {
      return false;
    }
    return true;
  }

  void refuse_at_beginning(const PythonToken& token, const PythonToken* after) {
    if (!after) {
      refuse(token, "alone on a line", "a value alone is no statement: use it, such as in print(${name})");
    } else if (op(*after, ":")) {
      refuse(token, "where something is assigned to", kAssignHint);
    } else if (code_.text(after->begin, after->end) == "(") {
      refuse_call(token);
    } else {
      refuse(token, "at the beginning of a statement",
             "a value cannot be code: begin the line with Python's own words");
    }
  }

  void refuse_call(const PythonToken& token) {
    refuse(token, "where it is called",
           "a value is no function: look the function up in Python, such as "
           "getattr(module, ${name})");
  }

  bool refuse_operand_place(const PythonToken& token) {
    const PythonToken* before = previous();
    const PythonToken* after = next();
    const size_t site = code_.placeholder_at(token.begin);
    const std::string_view following = after ? code_.text(after->begin, after->end) : "";
    if (ends_operand(code_, *before)) {
      refuse(token, "in an operator's place",
             "a value cannot be code: write the operator, comma or colon before it");
    } else if (following == "(") {
      refuse_call(token);
    } else if (following == "[" && is_number(site)) {
      refuse(token, "where it is indexed", "its value is a number");
    } else if (after && following != "[" && !can_follow_operand(code_, *after)) {
      refuse(token, "directly before another operand", "write the operator, comma or colon after it");
    } else {
      return false;
    }
    return true;
  }

  bool is_number(size_t site) const {
    const ValueType type = verdicts_.site(site).type;
    return type == ValueType::integer || type == ValueType::number || type == ValueType::boolean;
  }

  bool only_groups() const {
    return std::all_of(opens_.begin(), opens_.end(), [](const Open& open) {
      return open.kind == Bracket::statement || open.kind == Bracket::group;
    });
  }

  void accept_operand(size_t site) {
    const bool in_field = std::any_of(opens_.begin(), opens_.end(),
                                      [](const Open& open) { return open.kind == Bracket::field; });
    verdicts_.accept(site, {.rule = in_field ? Rule::number_or_name : Rule::expression,
                            .before_dot = next() && op(*next(), ".")});
    if (only_groups() && !annotated_) pending_targets_.push_back(site);
  }

  const CodeText& code_;
  std::span<const PythonToken> line_;
  Verdicts& verdicts_;
  size_t at_ = 0;
  size_t first_ = 0;  // of the simple statement, behind a block's colon or a semicolon
  std::vector<Open> opens_;
  std::vector<size_t> pending_targets_;  // sites that become assignment targets if a `=` follows
  bool too_deep_ = false;                // the brackets and lambdas are not followed any more
  bool annotated_ = false;               // behind the colon of an annotation
  bool parameters_seen_ = false;
  bool is_def_ = false;
  bool is_compound_ = false;
  bool is_import_ = false;
  size_t pattern_end_ = 0;  // where a case's header ends
};

}  // namespace

void place_in_statement(const CodeText& code, std::span<const PythonToken> line, Verdicts& verdicts) {
  StatementJudge(code, line, verdicts).run();
}

}  // namespace testloom::templating
