#include "plan/condition/condition_tree.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <span>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "plan/condition/condition_columns.h"
#include "plan/condition/condition_constants.h"
#include "plan/condition/condition_functions.h"
#include "plan/condition/condition_parser.h"

namespace testloom {

namespace {

namespace json = boost::json;

using Word = std::pair<std::string_view, std::string_view>;

constexpr auto kComparisons = std::to_array<Word>({
    {"COMPARE_EQUAL", "="},
    {"COMPARE_NOTEQUAL", "<>"},
    {"COMPARE_LESSTHAN", "<"},
    {"COMPARE_GREATERTHAN", ">"},
    {"COMPARE_LESSTHANOREQUALTO", "<="},
    {"COMPARE_GREATERTHANOREQUALTO", ">="},
    {"COMPARE_DISTINCT_FROM", "IS DISTINCT FROM"},
    {"COMPARE_NOT_DISTINCT_FROM", "IS NOT DISTINCT FROM"},
});

constexpr auto kConjunctions =
    std::to_array<Word>({{"CONJUNCTION_AND", " AND "}, {"CONJUNCTION_OR", " OR "}});

// What is not allowed, with why and what to write instead.
struct Refusal {
  std::string_view kind;
  std::string_view message;
  std::string_view hint = {};
};
constexpr auto kRefusals = std::to_array<Refusal>({
    {"SUBQUERY", "a condition cannot ask other tables",
     "compare columns with values, as in dtype in ('float16', 'bfloat16')"},
    {"PARAMETER", "a condition has no parameters", "write the value itself"},
    {"STAR", "a condition names its columns one by one"},
    {"POSITIONAL_REFERENCE", "a condition has no columns by number", "write the column's name"},
    {"LAMBDA", "-> and lambdas are not allowed in a condition"},
    {"WINDOW", "a condition sees one row at a time: there are no window functions"},
    {"COLLATE", "COLLATE is not allowed in a condition", "compare lower(...), or use ILIKE"},
    {"DEFAULT", "DEFAULT is no value"},
    {"OPERATOR_UNPACK", "a condition names its columns one by one"},
    {"GROUPING_FUNCTION", "a condition sees one row at a time: there are no groups"},
    {"OPERATOR_TRY", "TRY is not allowed in a condition",
     "TRY_CAST(x AS type) gives NULL where a cast fails"},
    {"ARRAY_EXTRACT", "[...] behind a value is not allowed in a condition",
     "a key of a model is written with a point, as model.owner; text is cut with substring()"},
    {"ARRAY_SLICE", "[...] behind a value is not allowed in a condition", "text is cut with substring()"},
    {"STRUCT_EXTRACT", "a condition cannot take a field out of a value"},
    {"ARRAY_CONSTRUCTOR", "ARRAY[...] is not allowed in a condition", "write [...]"},
});

constexpr std::string_view kPostfix = "__postfix";  // what DuckDB's parser ends an operator's name by

constexpr double kHeaviest = 20'000;

std::string_view text_of(const json::value& value) { return value.as_string(); }

std::string_view find_word(std::span<const Word> words, std::string_view key) {
  for (const auto& [word, meaning] : words) {
    if (word == key) return meaning;
  }
  return {};
}

class Checker {
 public:
  Checker(const ConditionText& text, const std::vector<ConditionColumn>& columns)
      : text_(text), columns_(columns) {}

  // Adds an expression behind its operands; its index.
  size_t add(const json::value& expression);
  ConditionTree take() { return std::move(tree_); }

 private:
  using Add = void (Checker::*)(const json::object&, ConditionNode&);
  struct Kind {
    std::string_view name;
    size_t fields;  // besides those that every node has; another number is a DuckDB that we do not know
    Add add;
  };
  static const std::array<Kind, 9> kKinds;

  void add_column(const json::object& from, ConditionNode& node);
  void add_constant(const json::object& from, ConditionNode& node);
  void add_comparison(const json::object& from, ConditionNode& node);
  void add_conjunction(const json::object& from, ConditionNode& node);
  void add_between(const json::object& from, ConditionNode& node);
  void add_operator(const json::object& from, ConditionNode& node);
  void add_in(const json::object& from, ConditionNode& node);
  void add_case(const json::object& from, ConditionNode& node);
  void add_cast(const json::object& from, ConditionNode& node);
  void add_function(const json::object& from, ConditionNode& node);
  bool add_macro(std::string_view name, const json::array& arguments, ConditionNode& node);
  void check_name(const json::object& from, size_t at) const;

  // Text, expressions, and the indices of those that were added.
  template <typename... Pieces>
  void write(ConditionNode& node, const Pieces&... pieces) {
    (write_piece(node, pieces), ...);
  }
  template <typename Piece>
  void write_piece(ConditionNode& node, const Piece& piece) {
    if constexpr (std::is_same_v<Piece, size_t>) {
      node.sql.emplace_back(piece);
      node.weight += tree_[piece].weight;
    } else if constexpr (std::is_same_v<Piece, json::value>) {
      write_piece(node, add(piece));
    } else {
      node.sql.emplace_back(std::string(piece));
    }
  }
  void write_all(ConditionNode& node, std::span<const json::value> operands, std::string_view between);

  [[noreturn]] void refuse(std::string_view kind, size_t at) const;
  size_t place_of(const json::object& from) const;

  const ConditionText& text_;
  const std::vector<ConditionColumn>& columns_;
  ConditionTree tree_;
  int depth_ = 0;
};

const std::array<Checker::Kind, 9> Checker::kKinds = {{
    {"COLUMN_REF", 1, &Checker::add_column},
    {"CONSTANT", 1, &Checker::add_constant},
    {"COMPARISON", 2, &Checker::add_comparison},
    {"CONJUNCTION", 1, &Checker::add_conjunction},
    {"BETWEEN", 3, &Checker::add_between},
    {"OPERATOR", 1, &Checker::add_operator},
    {"CASE", 2, &Checker::add_case},
    {"CAST", 3, &Checker::add_cast},
    {"FUNCTION", 9, &Checker::add_function},
}};

void Checker::refuse(std::string_view kind, size_t at) const {
  for (const Refusal& refusal : kRefusals) {
    if (refusal.kind == kind) text_.fail(at, std::string(refusal.message), std::string(refusal.hint));
  }
  text_.fail(at, fmt::format("{} is not allowed in a condition", kind));
}

// The first operand of a node, which stands where the node does or near.
const json::object* first_operand(const json::object& from) {
  constexpr auto fields =
      std::to_array<std::string_view>({"children", "child", "left", "input", "case_checks", "when_expr"});
  for (const std::string_view field : fields) {
    const json::value* operand = from.if_contains(field);
    if (operand && operand->is_array() && !operand->get_array().empty()) operand = &operand->get_array()[0];
    if (operand && operand->is_object()) return &operand->get_object();
  }
  return nullptr;
}

// The parser does not say for all nodes where they stand.
size_t Checker::place_of(const json::object& from) const {
  for (const json::object* node = &from; node; node = first_operand(*node)) {
    const json::value* place = node->if_contains("query_location");
    const uint64_t at = place ? place->to_number<uint64_t>() : 0;
    if (at >= kConditionStart && at - kConditionStart < text_.text().size()) return at - kConditionStart;
  }
  return ConditionText::kWhole;
}

size_t Checker::add(const json::value& expression) {
  const json::object& from = expression.as_object();
  ConditionNode node;
  node.at = place_of(from);
  if (++depth_ > kDeepestCondition) fail_too_deep(text_, node.at);
  const std::string_view name = text_of(from.at("class"));
  const auto kind =
      std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& known) { return known.name == name; });
  if (kind == kKinds.end() || from.size() != kind->fields + 4) refuse(name, node.at);
  if (from.at("alias") != "") {
    text_.fail(
        node.at,
        fmt::format("values have no names in a condition, such as {}", quote(text_of(from.at("alias")), 40)),
        "arguments of functions are told apart by their order");
  }
  (this->*kind->add)(from, node);
  if (node.weight > kHeaviest) {
    text_.fail(node.at, "the condition is too large for DuckDB",
               "BETWEEN, IN, NULLIF and SPLIT_PART hold what they are given more than once: nest them less");
  }
  --depth_;
  tree_.push_back(std::move(node));
  return tree_.size() - 1;
}

void Checker::write_all(ConditionNode& node, std::span<const json::value> operands,
                        std::string_view between) {
  for (size_t i = 0; i < operands.size(); ++i) {
    if (i > 0) write(node, between);
    write(node, operands[i]);
  }
}

void Checker::add_column(const json::object& from, ConditionNode& node) {
  std::vector<std::string> parts;
  for (const json::value& part : from.at("column_names").as_array()) parts.emplace_back(text_of(part));
  node.column = find_column(join(parts, "."), node.at, text_, columns_);
}

void Checker::add_constant(const json::object& from, ConditionNode& node) {
  write(node, write_constant(from.at("value").as_object(), node.at, text_));
}

void Checker::add_comparison(const json::object& from, ConditionNode& node) {
  const std::string_view sign = find_word(kComparisons, text_of(from.at("type")));
  if (sign.empty()) refuse(text_of(from.at("type")), node.at);
  write(node, "(", from.at("left"), " ", sign, " ", from.at("right"), ")");
}

void Checker::add_conjunction(const json::object& from, ConditionNode& node) {
  const std::string_view word = find_word(kConjunctions, text_of(from.at("type")));
  if (word.empty()) refuse(text_of(from.at("type")), node.at);
  write(node, "(");
  write_all(node, from.at("children").as_array(), word);
  write(node, ")");
}

// Planning a BETWEEN takes longer the deeper it is nested: exponentially in its input, and as a high power in
// its bounds.
void Checker::add_between(const json::object& from, ConditionNode& node) {
  const size_t input = add(from.at("input")), lower = add(from.at("lower")), upper = add(from.at("upper"));
  write(node, "(", input, " BETWEEN ", lower, " AND ", upper, ")");
  node.weight += 2 * tree_[input].weight + tree_[lower].weight + tree_[upper].weight;
}

void Checker::add_operator(const json::object& from, ConditionNode& node) {
  const std::string_view type = text_of(from.at("type"));
  const json::array& operands = from.at("children").as_array();
  if (type == "COMPARE_IN" || type == "COMPARE_NOT_IN") {
    add_in(from, node);
  } else if (type == "OPERATOR_COALESCE") {
    write(node, "COALESCE(");
    write_all(node, operands, ", ");
    write(node, ")");
  } else if (type == "OPERATOR_NOT") {
    write(node, "(NOT ", operands.at(0), ")");
  } else if (type == "OPERATOR_IS_NULL") {
    write(node, "(", operands.at(0), " IS NULL)");
  } else if (type == "OPERATOR_IS_NOT_NULL") {
    write(node, "(", operands.at(0), " IS NOT NULL)");
  } else {
    refuse(type, node.at);
  }
}

void Checker::add_in(const json::object& from, ConditionNode& node) {
  const std::span<const json::value> operands = from.at("children").as_array();
  const size_t left = add(operands[0]);
  write(node, "(", left, from.at("type") == "COMPARE_IN" ? " IN (" : " NOT IN (");
  write_all(node, operands.subspan(1), ", ");
  write(node, "))");
  node.weight += tree_[left].weight * static_cast<double>(operands.size());
}

void Checker::add_case(const json::object& from, ConditionNode& node) {
  write(node, "CASE");
  for (const json::value& check : from.at("case_checks").as_array()) {
    write(node, " WHEN ", check.at("when_expr"), " THEN ", check.at("then_expr"));
  }
  write(node, " ELSE ", from.at("else_expr"), " END");
}

void Checker::add_cast(const json::object& from, ConditionNode& node) {
  const bool prefix =
      from.at("query_location").to_number<uint64_t>() >= text_.text().size() + kConditionStart;
  if (prefix && from.at("cast_type").at("id") == "UNBOUND") {
    text_.fail(node.at, "an operator is missing before this text", "as in dtype = 'float16'");
  }
  const std::string type = write_type(from.at("cast_type").as_object(), node.at, text_);
  write(node, from.at("try_cast").as_bool() ? "TRY_CAST(" : "CAST(", from.at("child"), " AS ", type, ")");
}

// What DuckDB does by macros, the text of which a macro of the store could change the meaning of.
bool Checker::add_macro(std::string_view name, const json::array& arguments, ConditionNode& node) {
  std::vector<size_t> given;
  if ((name == "nullif" && arguments.size() == 2) || (name == "split_part" && arguments.size() == 3)) {
    for (const json::value& argument : arguments) given.push_back(add(argument));
  }
  if (given.size() == 2) {
    write(node, "CASE WHEN (", given[0], " = ", given[1], ") THEN NULL ELSE ", given[0], " END");
  } else if (given.size() == 3) {
    write(node, "CASE WHEN ", given[0], " IS NOT NULL AND ", given[1], " IS NOT NULL AND ", given[2],
          R"( IS NOT NULL THEN COALESCE(system.main."array_extract"(system.main."string_split"()", given[0],
          ", ", given[1], "), ", given[2], "), '') ELSE NULL END");
  }
  return !given.empty();
}

void Checker::check_name(const json::object& from, size_t at) const {
  const std::string name(text_of(from.at("function_name")));
  const std::string_view schema = text_of(from.at("schema"));
  const std::string shown = quote(name, 40);
  if (from.at("catalog") != "" || (schema != "" && schema != "main")) {
    const bool method = from.at("children").as_array().empty();
    text_.fail(at, "a condition calls functions by their name alone",
               is_condition_function(name)
                   ? fmt::format("write {}({})", name, method ? one_line(schema, 40) : "...")
                   : "");
  }
  if (name == "row") {
    text_.fail(at, "(a, b) is not allowed in a condition",
               "compare one column after the other, joined by AND");
  }
  const bool is_operator = from.at("is_operator").as_bool();
  if (is_operator && name.ends_with(kPostfix)) {
    const std::string sign = name.substr(0, name.size() - kPostfix.size());
    text_.fail(at, fmt::format("the operator {} has nothing behind it", quote(sign, 40)));
  }
  if (is_operator && !is_condition_operator(name)) {
    text_.fail(at, fmt::format("the operator {} is not allowed in a condition", shown));
  }
  if (!is_operator && !is_condition_function(name)) {
    const std::string near = name.size() > 3 ? nearest(name, condition_functions()) : "";
    text_.fail(at, fmt::format("the function {} is not allowed in a condition", shown),
               near.empty() ? "allowed are " + join(condition_functions(), ", ")
                            : fmt::format("did you mean '{}'?", near));
  }
}

void Checker::add_function(const json::object& from, ConditionNode& node) {
  check_name(from, node.at);
  const std::string_view name = text_of(from.at("function_name"));
  const bool plain = from.at("filter").is_null() && from.at("order_bys").at("orders").as_array().empty() &&
                     !from.at("distinct").as_bool() && !from.at("export_state").as_bool();
  if (!plain) text_.fail(node.at, fmt::format("{} takes no DISTINCT, ORDER BY or FILTER", quote(name, 40)));
  const json::array& arguments = from.at("children").as_array();
  if (add_macro(name, arguments, node)) return;
  write(node, "system.main.\"", name, "\"(");
  write_all(node, arguments, ", ");
  write(node, ")");
}

}  // namespace

ConditionTree check_condition(const json::value& tree, const ConditionText& text,
                              const std::vector<ConditionColumn>& columns) {
  Checker checker(text, columns);
  checker.add(tree);
  return checker.take();
}

std::vector<std::string> write_condition(const ConditionTree& tree, const std::vector<std::string>& columns) {
  std::vector<std::string> written;
  for (const ConditionNode& node : tree) {
    std::string sql = node.column ? columns[*node.column] : "";
    for (const auto& piece : node.sql) {
      const size_t* operand = std::get_if<size_t>(&piece);
      sql += operand ? written[*operand] : std::get<std::string>(piece);
    }
    written.push_back(std::move(sql));
  }
  return written;
}

}  // namespace testloom
