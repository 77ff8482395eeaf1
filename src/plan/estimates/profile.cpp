#include "plan/estimates/profile.h"

#include <algorithm>

#include "model/estimate/family_prior.h"
#include "model/estimate/process.h"
#include "model/files/json_text.h"

namespace testloom {

Profile read_profile(const Result& row) {
  Profile profile;
  profile.name = row.text(0);
  profile.model_family = row.text(1);
  if (row.is_null(2)) return profile;
  try {
    profile.config = ModelConfig::read(parse_json_object(row.text(2), "its config"), "its config");
  } catch (const Error& error) {
    profile.why_prior = error.message();
  }
  return profile;
}

Estimate prior_estimate(std::string_view model_family, const Workload& work) {
  Estimate estimate;
  estimate.origin = "prior";
  const double bytes = std::min(9e18, prior_memory_gb(model_family, work.batch_size) * 1e9);
  estimate.peak_process_bytes = static_cast<int64_t>(bytes);
  estimate.peak_forward_bytes = estimate.peak_process_bytes;
  if (!is_host(work.hardware_type)) estimate.peak_device_bytes = estimate.peak_process_bytes;
  estimate.terms.push_back({"prior", estimate.peak_process_bytes});
  return estimate;
}

ProfileEstimate estimate_of(const Profile& profile, const CellWork& cell) {
  Workload work = cell.work;
  work.model_family = profile.model_family;
  if (!profile.config) return {prior_estimate(profile.model_family, work), profile.why_prior};
  if (!cell.problem.empty()) return {prior_estimate(profile.model_family, work), cell.problem};
  try {
    return {estimate_memory(*profile.config, work), {}};
  } catch (const Error& error) {
    return {prior_estimate(profile.model_family, work), error.message()};
  }
}

}  // namespace testloom
