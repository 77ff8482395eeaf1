// Bytes as an expression, or, behind a byte 0xFF, as the choices that make a random one. In a template of
// text it is worth something or an error with a place, and where CPython has the same expression, its eval
// says the same.
#include <algorithm>

#include "base/text.h"
#include "given_values.h"
#include "oracle_child.h"
#include "value_json.h"

namespace testloom {
namespace {

constexpr std::string_view kSet = "#% set result = [";
constexpr size_t kMostOutput = 1 << 20;

std::string expression_of(const uint8_t* data, size_t size, const std::vector<Given>& given) {
  if (size == 0 || data[0] != 0xFF) return {reinterpret_cast<const char*>(data), size};
  std::vector<RandomExpression::Name> names;
  for (const Given& one : given) names.push_back({one.name, one.kind});
  size_t at = 1;
  const auto choose = [&](size_t bound) { return at < size ? data[at++] % bound : 0; };
  return RandomExpression(choose, names).next();
}

// Where Python is asked, and testloom has answered: as a line of expression_reference.py.
std::string case_line(const std::string& expression, const std::vector<Given>& given) {
  const std::string text = std::string(kDeclarations) + std::string(kSet) + expression + "]\n${[result]}";
  const int line = 1 + static_cast<int>(std::count(kDeclarations.begin(), kDeclarations.end(), '\n'));
  const int begin = 1 + static_cast<int>(kSet.size());
  JsonWriter json;
  json.begin_object().member("e", expression);
  bool compiled = false;
  try {
    const Template made = Template::compile("e", text);
    compiled = true;
    Renderer renderer(made);
    renderer.set_output_limit(kMostOutput);
    for (const Given& one : given) renderer.set(one.name, one.value);
    const std::string_view rendered = renderer.render();
    if (!is_utf8(rendered)) report("the text is not UTF-8");
    json.member("r", rendered.substr(1, rendered.size() - 2));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::template_text) report(error.what());
    json.key("r").null().member("checked", !compiled).member("why", error.what()).key("at").begin_array();
    for (const Diagnostic& diagnostic : error.diagnostics()) {
      if (diagnostic.message.empty()) report("an error without a message");
      if (diagnostic.message.ends_with(" more not shown")) continue;
      if (diagnostic.where.line < line) report(std::string("an error without its place: ") + error.what());
      // What cannot be written is told where it is put, as is a name that has no value for an earlier
      // mistake.
      if (diagnostic.where.line > line) continue;
      json.begin_array().value(diagnostic.where.column - begin);
      json.value(diagnostic.where.end_column - begin).end_array();
    }
    json.end_array();
  }
  return json.end_object().take() + '\n';
}

}  // namespace
}  // namespace testloom

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace testloom;
  static const std::vector<Given> given = given_values();
  static OracleChild& python = *new OracleChild("expression", values_line(given));
  const std::string expression = expression_of(data, size, given);
  if (expression.find_first_of(std::string_view("\n\r\0", 3)) != std::string::npos || !is_utf8(expression))
    return -1;
  const std::string line = case_line(expression, given);
  if (line.find("the text gets longer than") != std::string::npos)
    return 0;                             // the limit set above, not Python's
  if (expression.size() > 600) return 0;  // enough for Python
  const std::string answer = python.ask(line);
  if (answer.starts_with("difference")) report(expression + "\n" + answer);
  return 0;
}
