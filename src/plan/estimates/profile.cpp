#include "plan/estimates/profile.h"

#include <algorithm>
#include <functional>
#include <future>
#include <span>

#include <fmt/format.h>

#include "model/estimate/estimate_by_name.h"
#include "model/estimate/named_config.h"
#include "model/estimate/named_size.h"
#include "model/files/json_text.h"

namespace testloom {

namespace {

// A name that says no size gets that of the weights.
void read_name(Profile& profile, std::string_view model_name, std::string_view task) {
  std::string name(model_name);
  if (profile.parameter_count && !size_in_name(name))
    name += fmt::format("-{:.4g}B", static_cast<double>(*profile.parameter_count) / 1e9);
  std::optional<NamedModel> named = model_from_name(name, profile.model_family, task);
  if (!named) return;
  profile.config = std::move(named->config);
  profile.is_by_name = true;
  profile.why = std::move(named->why);
}

}  // namespace

Profile read_profile(const Result& row) {
  Profile profile;
  profile.name = row.text(0);
  profile.model_family = row.text(1);
  if (!row.is_null(3) && row.integer(3) > 0) profile.parameter_count = row.integer(3);
  if (row.is_null(2)) {
    read_name(profile, row.text(4), row.text(5));
    return profile;
  }
  try {
    profile.config = ModelConfig::read(parse_json_object(row.text(2), "its config"), "its config");
  } catch (const Error& error) {
    profile.why = error.message();
    read_name(profile, row.text(4), row.text(5));
  }
  return profile;
}

namespace {

Workload workload_of(const Profile& profile, const CellWork& cell) {
  Workload work = cell.work;
  work.model_family = profile.model_family;
  if (profile.parameter_count) work.parameter_count = *profile.parameter_count;
  work.config_is_guessed = profile.is_by_name;
  return work;
}

// REQUIRES: there is a config. Throws as trace_call().
const TracedCall& traced_call(const Profile& profile, const CellWork& cell, const Workload& work) {
  auto known = profile.calls.find(cell.call);
  if (known == profile.calls.end())
    known = profile.calls.emplace(cell.call, trace_call(*profile.config, work)).first;
  return known->second;
}

void trace(std::span<const CallToTrace> calls) {
  for (const CallToTrace& each : calls) {
    if (!each.profile->config || !each.work->problem.empty()) continue;
    try {
      traced_call(*each.profile, *each.work, workload_of(*each.profile, *each.work));
    } catch (const Error&) {
      // Whoever asks for the estimate sees the error.
    }
  }
}

}  // namespace

void trace_ahead(std::vector<CallToTrace> calls) {
  std::ranges::sort(calls, std::less<>(), &CallToTrace::profile);
  size_t half = calls.size() / 2;
  while (half > 0 && half < calls.size() && calls[half].profile == calls[half - 1].profile) ++half;
  const std::span<const CallToTrace> all = calls;
  const auto other = std::async(std::launch::async, trace, all.subspan(half));
  trace(all.first(half));
}

Estimate estimate_of(const Profile& profile, const CellWork& cell) {
  const Workload work = workload_of(profile, cell);
  std::string why = profile.why;
  if (profile.config && cell.problem.empty()) {
    try {
      Estimate estimate = estimate_of_call(traced_call(profile, cell, work), work);
      if (profile.is_by_name && estimate.origin != "weights") estimate.origin = "name";
      estimate.why = why;
      return estimate;
    } catch (const Error& error) {
      why = error.message();
    }
  } else if (!cell.problem.empty()) {
    why = cell.problem;
  }
  Estimate estimate = estimate_by_prior(profile.model_family, work);
  estimate.why = why;
  return estimate;
}

}  // namespace testloom
