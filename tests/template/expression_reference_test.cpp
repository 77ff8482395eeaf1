// Expressions against a naive reference, which is CPython's own eval (see expression_reference.py): random
// ones over given values of all types must be worth the same, or be errors for both.
// $TESTLOOM_EXPRESSION_SEED and $TESTLOOM_EXPRESSION_COUNT look elsewhere and longer.
#include <cstdlib>
#include <filesystem>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "pythons.h"
#include "random_expression.h"
#include "template_values.h"
#include "value_json.h"

namespace testloom {
namespace {

namespace fs = std::filesystem;
using Kind = RandomExpression::Kind;

constexpr std::string_view kDeclarations =
    "#% output text\n"
    "#% param count: int\n#% param ratio: float\n#% param label: str\n#% param flag: bool\n"
    "#% param items: list\n#% param words: list\n#% param table: dict\n";

// What expressions can use, by name.
struct Given {
  std::string name;
  Kind kind;
  Value value;
};

std::vector<Given> given_values() {
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

std::string values_line(const std::vector<Given>& given) {
  Value::Dict values;
  for (const Given& one : given) values.emplace_back(one.name, one.value);
  return to_json(values) + '\n';
}

// What testloom makes of `[EXPRESSION]`, as a line for the reference.
std::string outcome_line(const std::string& expression, const std::vector<Given>& given) {
  const std::string text = std::string(kDeclarations) + "${[" + expression + "]}";
  const int last_line = 1 + static_cast<int>(std::count(kDeclarations.begin(), kDeclarations.end(), '\n'));
  JsonWriter json;
  json.begin_object().member("e", expression);
  bool compiled = false;
  try {
    const Template made = Template::compile("e", text);
    compiled = true;
    Renderer renderer(made);
    for (const Given& one : given) renderer.set(one.name, one.value);
    json.member("r", renderer.render());
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::template_text);
    json.key("r").null().member("checked", !compiled).member("why", error.what()).key("at").begin_array();
    for (const Diagnostic& diagnostic : error.diagnostics()) {
      EXPECT_EQ(diagnostic.where.line, last_line) << error.what();
      json.begin_array()
          .value(diagnostic.where.column - 4)
          .value(diagnostic.where.end_column - 4)
          .end_array();
    }
    json.end_array();
  }
  return json.end_object().take() + '\n';
}

TEST(ExpressionReference, CPythonsEvalGivesTheSame) {
  const auto number_of = [](const char* name, int otherwise) {
    const char* given = std::getenv(name);
    return given && *given ? std::atoi(given) : otherwise;
  };
  const std::vector<Given> given = given_values();
  std::vector<RandomExpression::Name> names;
  for (const Given& one : given) names.push_back({one.name, one.kind});
  RandomExpression random(static_cast<unsigned>(number_of("TESTLOOM_EXPRESSION_SEED", 1)), names);
  std::string lines = values_line(given);
  for (int i = number_of("TESTLOOM_EXPRESSION_COUNT", 32000); i > 0; --i)
    lines += outcome_line(random.next(), given);
  const fs::path file = fs::temp_directory_path() / fmt::format("testloom_expressions_{}.jsonl", ::getpid());
  write_file(file, lines, ErrorKind::usage);
  const std::vector<std::string> all = pythons();
  for (const std::string& python : all) {
    const int stride = python == all.front() ? 1 : 8;  // of the others a part each
    const std::string command = fmt::format("'{}' '{}/tests/template/expression_reference.py' '{}' {}",
                                            python, TESTLOOM_SOURCE_DIR, file.string(), stride);
    EXPECT_EQ(std::system(command.c_str()), 0) << python;
  }
  fs::remove(file);
}

}  // namespace
}  // namespace testloom
