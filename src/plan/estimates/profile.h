// What is known of models that their tests' memory and time depend on. Models that are alike in it share a
// profile and have the same estimates.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/estimate/memory.h"
#include "plan/estimates/cell_work.h"
#include "store/result.h"

namespace testloom {

struct Profile {
  std::string name;  // empty: nothing but the family is known
  std::string model_family;
  std::optional<ModelConfig> config;  // its own
  std::optional<ModelConfig> guess;   // made by what its name and weights say, where it has none that will do
  std::string why_guess;              // what the name said
  std::string why_no_config;    // why its own config cannot be read; empty where it can, or there is none
  int64_t parameter_count = 0;  // by the headers of its weights, or their size; 0: not known
  mutable std::map<std::string, TracedCall> calls;  // by CellWork::call, those that were traced already
};

// The columns of plan_profiles that a profile is made from, in this order.
inline constexpr std::string_view profile_columns =
    "profile, model_family, config::VARCHAR, parameter_count, weight_bytes, model_name, task";

// From a row that begins with profile_columns.
Profile read_profile(const Result& row);

// A call to trace before its estimates are asked for.
struct CallToTrace {
  const Profile* profile;
  const CellWork* work;
};

// Traces them on two threads, those of one profile on one of them; what cannot be traced is left.
void trace_ahead(std::vector<CallToTrace> calls);

// By the profile's config (origin "config", or "name"; "weights" where the count of parameters is theirs),
// else by its family's prior. Estimate::why says what the name said, or why it is but the prior.
Estimate estimate_of(const Profile& profile, const CellWork& work);

}  // namespace testloom
