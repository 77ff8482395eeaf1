// Fits corrections for scripts: on each line of standard input {"quantity": "memory" (default) or "time",
// "observations": [[hardware_type, model_type, estimated, measured, is_lower_bound], …], "ask":
// [[hardware_type, model_type, estimated], …]}, on standard output, for each that is asked, [corrected, low,
// high] in bytes or seconds, or null where nothing is known of its hardware type.
#include <iostream>
#include <string>

#include "base/json_writer.h"
#include "model/estimate/correction_table.h"
#include "model/files/json_text.h"

namespace testloom {
namespace {

std::string text(const boost::json::value& value) { return std::string(value.as_string()); }

std::string answer(const std::string& line) {
  const boost::json::object asked = parse_json_object(line, "line");
  std::vector<KeyedObservation> observations;
  for (const boost::json::value& each : asked.at("observations").as_array()) {
    const boost::json::array& row = each.as_array();
    observations.push_back(
        {{text(row.at(0)), text(row.at(1))},
         {row.at(2).to_number<double>(), row.at(3).to_number<double>(), row.at(4).as_bool()}});
  }
  const boost::json::value* quantity = asked.if_contains("quantity");
  const CorrectionTable table =
      fit_corrections(observations, quantity && quantity->as_string() == "time" ? CorrectionKind::time
                                                                                : CorrectionKind::memory);
  JsonWriter json;
  json.begin_array();
  for (const boost::json::value& each : asked.at("ask").as_array()) {
    const boost::json::array& row = each.as_array();
    const Correction* correction = find_correction(table, text(row.at(0)), text(row.at(1)));
    if (!correction) {
      json.null();
      continue;
    }
    const double expected = corrected(*correction, row.at(2).to_number<double>());
    json.begin_array().value(expected).value(expected * correction->low).value(expected * correction->high);
    json.end_array();
  }
  return json.end_array().take();
}

}  // namespace
}  // namespace testloom

int main() {
  std::ios::sync_with_stdio(false);
  try {
    for (std::string line; std::getline(std::cin, line);) std::cout << testloom::answer(line) << std::endl;
  } catch (const std::exception& error) {
    std::cerr << "fit_corrections: " << error.what() << '\n';
    return 1;
  }
}
