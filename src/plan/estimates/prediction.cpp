#include "plan/estimates/prediction.h"

#include <algorithm>

#include <fmt/format.h>

#include "catalog/device_figures.h"
#include "model/estimate/process.h"

namespace testloom {

namespace {

int64_t corrected_bytes(const Correction* correction, int64_t bytes) {
  if (!correction) return bytes;
  return static_cast<int64_t>(std::min(9e18, corrected(*correction, static_cast<double>(bytes))));
}

// What smaller batches were measured to take, or ran out at, this one takes too.
void take_measured(const std::map<int64_t, MeasuredCell>& by_batch, int64_t batch_size,
                   Prediction& prediction) {
  for (const auto& [size, cell] : by_batch) {
    if (size > batch_size) break;
    const int64_t least = std::max(cell.memory_bytes.value_or(0), cell.least_memory_bytes.value_or(0));
    prediction.memory_bytes = std::max(prediction.memory_bytes, least);
    prediction.host_memory_bytes = std::max(prediction.host_memory_bytes, cell.host_memory_bytes.value_or(0));
  }
  const auto exact = by_batch.find(batch_size);
  if (exact == by_batch.end()) return;
  const MeasuredCell& cell = exact->second;
  if (cell.memory_bytes) {
    prediction.memory_bytes = std::max(*cell.memory_bytes, cell.least_memory_bytes.value_or(0));
    prediction.origin = "measured";
  }
  if (cell.host_memory_bytes) prediction.host_memory_bytes = *cell.host_memory_bytes;
  if (cell.time_s) prediction.time_s = *cell.time_s;
}

// Priors are no estimates of these tests, and not corrected.
void correct(const Calibration& calibration, const std::string& hardware_type, bool is_host,
             Prediction& prediction) {
  const std::string& model_type = prediction.raw.model_type;
  const Correction* memory = find_correction(calibration.memory, hardware_type, model_type);
  if (memory) prediction.correction = *memory;
  prediction.memory_bytes = corrected_bytes(memory, prediction.memory_bytes);
  prediction.host_memory_bytes =
      is_host ? prediction.memory_bytes
              : corrected_bytes(find_correction(calibration.host_memory, hardware_type, model_type),
                                prediction.host_memory_bytes);
  const Correction* time = find_correction(calibration.time, hardware_type, model_type);
  if (time && prediction.time_s > 0) prediction.time_s = corrected(*time, prediction.time_s);
}

Libraries libraries_of_runs(Connection& connection) {
  Result rows = connection.query(
      "SELECT environment->>'torch', coalesce(environment->>'transformers', '') FROM runs WHERE "
      "regexp_matches(environment->>'torch', '^[0-9]+[.]') ORDER BY started_at DESC LIMIT 1");
  if (!rows.next()) return {};
  return {std::string(rows.text(0)), std::string(rows.text(1))};
}

// "2.5" of "2.5.1+cpu".
std::string main_version(const std::string& text) {
  const Version version = version_of(text);
  return version.major == 0 ? "" : fmt::format("{}.{}", version.major, version.minor);
}

}  // namespace

bool has_libraries_of_runs(Connection& connection) { return !libraries_of_runs(connection).torch.empty(); }

Libraries known_libraries(Connection& connection, const Libraries& otherwise) {
  const Libraries of_runs = libraries_of_runs(connection);
  const Libraries& known = of_runs.torch.empty() ? otherwise : of_runs;
  return {main_version(known.torch), main_version(known.transformers)};
}

Knowledge read_knowledge(Connection& connection, const Libraries& otherwise) {
  Knowledge knowledge;
  knowledge.libraries = known_libraries(connection, otherwise);
  for (const MeasuredDevice& device : read_device_figures(connection))
    knowledge.rates[device.hardware_type] = device.rates;
  return knowledge;
}

Prediction predict(const Knowledge& knowledge, const Profile& profile, const PredictedCell& cell) {
  Prediction prediction;
  CellWork work = *cell.work;
  const auto rates = knowledge.rates.find(cell.hardware_type);
  if (rates != knowledge.rates.end()) work.work.rates = rates->second;
  prediction.raw = estimate_of(profile, work);
  const Estimate& estimate = prediction.raw;
  prediction.memory_bytes = needed_bytes(estimate, work.work);
  prediction.host_memory_bytes = estimate.peak_process_bytes;
  prediction.time_s = estimate.seconds;
  prediction.origin = estimate.origin;
  if (estimate.origin != "prior")
    correct(knowledge.calibration, cell.hardware_type, is_host(work.work.hardware_type), prediction);
  for (const std::string& name : {profile.name, "model " + cell.model_name}) {
    const auto measured =
        knowledge.measured.find({name, cell.definition_hash, cell.hardware_type, cell.axes});
    if (measured == knowledge.measured.end()) continue;
    take_measured(measured->second, work.work.batch_size, prediction);
    break;
  }
  if (is_host(work.work.hardware_type)) prediction.host_memory_bytes = prediction.memory_bytes;
  return prediction;
}

}  // namespace testloom
