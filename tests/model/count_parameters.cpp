// Counts parameters for the Python tests and scripts: on each line of standard input {"config": {…},
// "architecture": "BertForMaskedLM"} (the architecture may be missing), on standard output {"parameters",
// "exact", "by", "architecture"} or {"error"}.
#include <iostream>
#include <string>

#include "base/json_writer.h"
#include "model/files/json_text.h"
#include "model/parameters/parameters.h"

namespace testloom {
namespace {

std::string answer(const std::string& line) {
  JsonWriter json;
  json.begin_object();
  try {
    const boost::json::object asked = parse_json_object(line, "line");
    const boost::json::value* wanted = asked.if_contains("architecture");
    const ModelConfig config = ModelConfig::read(asked.at("config").as_object());
    const ParameterCount count =
        count_parameters(config, wanted ? std::string_view(wanted->as_string()) : std::string_view());
    json.member("parameters", count.total).member("exact", count.exact).member("by", count.by);
    json.member("architecture", count.architecture).key("terms").begin_object();
    for (const ParameterTerm& term : count.terms) json.member(term.name, term.total());
    json.end_object();
  } catch (const std::exception& error) {
    json.member("error", std::string_view(error.what()));
  }
  return json.end_object().take();
}

}  // namespace
}  // namespace testloom

int main() {
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);) std::cout << testloom::answer(line) << std::endl;
}
