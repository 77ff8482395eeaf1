#include "engine/outcome.h"

#include <array>

#include "base/json_writer.h"

namespace testloom {

bool is_failure(std::string_view word) {
  return word == outcome::failed || word == outcome::error || word == outcome::crashed ||
         word == outcome::timeout || word == outcome::oom;
}

std::string to_json_line(const Outcome& outcome) {
  JsonWriter json;
  json.begin_object().member("type", "outcome").member("test_id", outcome.test_id);
  json.member("case", outcome.case_name)
      .member("attempt", outcome.attempt)
      .member("outcome", outcome.outcome);
  json.member("started_at_us", outcome.started_at_us).member("duration_s", outcome.duration_s);
  json.member("peak_memory_bytes", outcome.peak_memory_bytes);
  const std::array<std::pair<const char*, const std::string*>, 5> texts = {
      {{"reason", &outcome.reason},
       {"error_type", &outcome.error_type},
       {"error_message", &outcome.error_message},
       {"traceback", &outcome.traceback},
       {"output_tail", &outcome.output_tail}}};
  for (const auto& [name, text] : texts) {
    if (!text->empty()) json.member(name, *text);
  }
  if (!outcome.result_json.empty()) json.key("result").raw(outcome.result_json);
  return json.end_object().take();
}

}  // namespace testloom
