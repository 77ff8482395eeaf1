// Values of all types that expressions are worked out for, and how a template declares those that are its
// own.
#pragma once

#include "random_expression.h"
#include "value_json.h"

namespace testloom {

inline constexpr std::string_view kDeclarations =
    "#% output text\n"
    "#% param count: int\n#% param ratio: float\n#% param label: str\n#% param flag: bool\n"
    "#% param items: list\n#% param words: list\n#% param table: dict\n";

// What expressions can use, by name.
struct Given {
  std::string name;
  RandomExpression::Kind kind;
  Value value;
};

inline std::vector<Given> given_values() {
  using Kind = RandomExpression::Kind;
  const Value::Dict config = {
      {"depth", 12}, {"rate", 0.1}, {"kind", "bert"}, {"é", Value::List{1, 2.5, "ß"}}};
  const Value::Dict table = {
      {"a", 1}, {"b", Value()}, {"c", Value::List{"x", "y"}}, {"", Value::Dict{{"k", true}}}};
  return {{"model_name", Kind::text, "Bob's/7B-{chat}"},
          {"model_family", Kind::text, "straße ÉCOLE"},
          {"task", Kind::text, ""},
          {"hardware_type", Kind::text, " \tZwei  Wörter\n"},
          {"device", Kind::text, "日本語 😀 ΑΣ. ǆ"},
          {"batch_size", Kind::integer, 4},
          {"config", Kind::dict, config},
          {"model", Kind::dict, Value::Dict{}},
          {"count", Kind::integer, int64_t{-7}},
          {"ratio", Kind::number, 2.5},
          {"label", Kind::text, "a-b_c a"},
          {"flag", Kind::boolean, true},
          {"items", Kind::list, Value::List{3, -1, 2.5, true, 0}},
          {"words", Kind::list, Value::List{"b", "a", "Ü", ""}},
          {"table", Kind::dict, table}};
}

inline std::string values_line(const std::vector<Given>& given) {
  Value::Dict values;
  for (const Given& one : given) values.emplace_back(one.name, one.value);
  return to_json(values) + '\n';
}

}  // namespace testloom
