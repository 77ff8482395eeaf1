#include "engine/outcome.h"

#include <array>

#include "base/json_writer.h"

namespace testloom {

namespace {

// Figures that only some tests have; absent where they are not known.
void write_known(JsonWriter& json, const Outcome& outcome) {
  for (const auto& [name, figure] : {std::pair{"peak_device_memory_bytes", outcome.peak_device_memory_bytes},
                                     {"estimated_memory_bytes", outcome.estimated_memory_bytes},
                                     {"estimated_host_memory_bytes", outcome.estimated_host_memory_bytes}}) {
    if (figure) json.member(name, *figure);
  }
  if (outcome.cores > 0) json.member("cores", outcome.cores);
  if (outcome.beside.empty()) return;
  json.key("beside").begin_array();
  for (const std::string& each : outcome.beside) json.value(each);
  json.end_array();
}

}  // namespace

std::string to_json_line(const Outcome& outcome) {
  JsonWriter json;
  json.begin_object().member("type", "outcome").member("test_id", outcome.test_id);
  json.member("case", outcome.case_name);
  json.member("model_name", outcome.model_name).member("hardware_type", outcome.hardware_type);
  json.member("batch_size", outcome.batch_size).member("template_name", outcome.template_name);
  if (outcome.axes_json != "{}") json.key("axes").raw(outcome.axes_json);
  json.member("repetition", outcome.repetition).member("attempt", outcome.attempt);
  json.member("outcome", outcome.outcome);
  json.member("started_at_us", outcome.started_at_us).member("duration_s", outcome.duration_s);
  json.member("peak_memory_bytes", outcome.peak_memory_bytes);
  write_known(json, outcome);
  const std::array<std::pair<const char*, const std::string*>, 10> texts = {
      {{"observed", &outcome.observed},
       {"reason", &outcome.reason},
       {"slot", &outcome.slot},
       {"start", &outcome.start},
       {"error_type", &outcome.error_type},
       {"error_message", &outcome.error_message},
       {"traceback", &outcome.traceback},
       {"output_tail", &outcome.output_tail},
       {"output_file", &outcome.output_file},
       {"artifacts", &outcome.artifacts}}};
  for (const auto& [name, text] : texts) {
    if (!text->empty()) json.member(name, *text);
  }
  if (!outcome.environment_json.empty()) json.key("environment").raw(outcome.environment_json);
  if (!outcome.result_json.empty()) json.key("result").raw(outcome.result_json);
  return json.end_object().take();
}

}  // namespace testloom
