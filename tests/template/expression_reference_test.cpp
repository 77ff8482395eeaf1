// Expressions against a naive reference, which is CPython's own eval (see expression_reference.py): random
// ones over given values of all types must be worth the same, or be errors for both.
// $TESTLOOM_EXPRESSION_SEED and $TESTLOOM_EXPRESSION_COUNT look elsewhere and longer.
#include <cstdlib>
#include <filesystem>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "given_values.h"
#include "pythons.h"

namespace testloom {
namespace {

namespace fs = std::filesystem;

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
