// What is known of models that their tests' memory and time depend on. Models that are alike in it share a
// profile and have the same estimates.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/estimate/memory.h"
#include "plan/estimates/cell_work.h"
#include "store/result.h"

namespace testloom {

struct Profile {
  std::string name;  // empty: nothing but the family is known
  std::string model_family;
  std::optional<ModelConfig> config;
  std::string why_prior;  // why there is no config; empty where there is one
};

// The columns of plan_profiles that a profile is made from, in this order.
inline constexpr std::string_view profile_columns = "profile, model_family, config::VARCHAR, parameter_count";

// From a row that begins with profile_columns.
Profile read_profile(const Result& row);

// The estimate by the profile's config, or by its family's prior with the reason why, which is empty where
// nothing is known of the model.
struct ProfileEstimate {
  Estimate estimate;
  std::string why_prior;
};
ProfileEstimate estimate_of(const Profile& profile, const CellWork& work);

// By the family and the batch size alone.
Estimate prior_estimate(std::string_view model_family, const Workload& work);

}  // namespace testloom
