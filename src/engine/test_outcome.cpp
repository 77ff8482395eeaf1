#include "engine/test_outcome.h"

#include <cmath>

#include "base/clock.h"
#include "base/json_writer.h"
#include "catalog/json_values.h"

namespace testloom {

namespace {

int64_t bytes_of(double gigabytes) { return std::llround(gigabytes * 1e9); }

}  // namespace

Outcome outcome_of_test(const PlannedTest& test) {
  Outcome result;
  result.test_id = test.test_id;
  result.case_name = test.case_name;
  result.model_name = test.model_name;
  result.hardware_type = test.hardware_type;
  result.batch_size = test.batch_size;
  result.template_name = test.template_name;
  JsonWriter axes;
  axes.begin_object();
  for (const auto& [name, value] : test.axes) axes.key(name).raw(json_of(value));
  result.axes_json = axes.end_object().take();
  result.estimated_memory_bytes = bytes_of(test.estimated_memory_gb);
  if (test.estimated_host_memory_gb) {
    result.estimated_host_memory_bytes = bytes_of(*test.estimated_host_memory_gb);
  }
  result.started_at_us = utc_now_microseconds();
  return result;
}

Outcome not_run(const PlannedTest& test, std::string_view word, std::string reason) {
  Outcome result = outcome_of_test(test);
  result.outcome = word;
  result.reason = std::move(reason);
  return result;
}

}  // namespace testloom
