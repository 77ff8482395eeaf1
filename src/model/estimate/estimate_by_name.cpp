#include "model/estimate/estimate_by_name.h"

#include <algorithm>

#include "model/estimate/family_prior.h"
#include "model/estimate/named_config.h"
#include "model/estimate/process.h"
#include "model/family/family.h"

namespace testloom {

Estimate estimate_by_prior(std::string_view model_family, const Workload& work) {
  Estimate estimate;
  const double bytes = std::min(9e18, prior_memory_gb(model_family, work.batch_size) * 1e9);
  estimate.peak_process_bytes = static_cast<int64_t>(bytes);
  estimate.peak_forward_bytes = estimate.peak_process_bytes;
  if (!is_host(work.hardware_type)) estimate.peak_device_bytes = estimate.peak_process_bytes;
  estimate.terms.push_back({"prior", estimate.peak_process_bytes});
  estimate.origin = "prior";
  return estimate;
}

Estimate estimate_by_name(std::string_view model_name, const Workload& work) {
  FamilyGuess guess;
  if (work.model_family.empty()) guess = detect_family(model_name);
  Workload known = work;
  if (known.model_family.empty() && guess.model_family != "unknown") known.model_family = guess.model_family;
  const std::string& task = work.task.empty() ? guess.task : work.task;
  const std::optional<NamedModel> named = model_from_name(model_name, known.model_family, task);
  if (!named) {
    check_workload(work);
    return estimate_by_prior(known.model_family, work);
  }
  known.config_is_guessed = true;
  Estimate estimate = estimate_memory(named->config, known);
  estimate.origin = "name";
  estimate.why = named->why;
  return estimate;
}

}  // namespace testloom
