#include "plan/estimates/profile.h"

#include <algorithm>
#include <functional>
#include <future>
#include <span>

#include <fmt/format.h>

#include "model/estimate/estimate_by_name.h"
#include "model/estimate/named_config.h"
#include "model/estimate/named_size.h"
#include "model/estimate/process.h"
#include "model/files/json_text.h"

namespace testloom {

namespace {

// A name that says no size gets that of the weights.
void read_name(Profile& profile, std::string_view model_name, std::string_view task) {
  std::string name(model_name);
  if (profile.parameter_count > 0 && !size_in_name(name))
    name += fmt::format("-{:.4g}B", static_cast<double>(profile.parameter_count) / 1e9);
  std::optional<NamedModel> named = model_from_name(name, profile.model_family, task);
  if (!named) return;
  profile.guess = std::move(named->config);
  profile.why_guess = std::move(named->why);
}

}  // namespace

Profile read_profile(const Result& row) {
  Profile profile;
  profile.name = row.text(0);
  profile.model_family = row.text(1);
  if (!row.is_null(3)) profile.parameter_count = std::max<int64_t>(0, row.integer(3));
  // Of files whose types are not known: 16 bits, since too much is better than too little.
  if (profile.parameter_count == 0 && !row.is_null(4))
    profile.parameter_count = std::max<int64_t>(0, row.integer(4) / 2);
  if (!row.is_null(2)) {
    try {
      profile.config = ModelConfig::read(parse_json_object(row.text(2), "its config"), "its config");
    } catch (const Error& error) {
      profile.why_no_config = error.message();
    }
  }
  read_name(profile, row.text(5), row.text(6));
  return profile;
}

namespace {

Workload workload_of(const Profile& profile, const CellWork& cell) {
  Workload work = cell.work;
  work.model_family = profile.model_family;
  work.parameter_count = profile.parameter_count;
  return work;
}

// By the guess, for the class that the family's tests load; a task that the template says may be none of its.
TracedCall trace_guess(const Profile& profile, Workload work) {
  work.config_is_guessed = true;
  work.task.clear();
  TracedCall traced = trace_call(*profile.guess, work);
  if (traced.known.origin != "weights") traced.known.origin = "name";
  return traced;
}

TracedCall trace_best(const Profile& profile, const Workload& work) {
  std::string why = profile.why_no_config;
  if (profile.config) {
    try {
      return trace_call(*profile.config, work);
    } catch (const Error& error) {
      if (!profile.guess) throw;
      why = error.message();
    }
  }
  TracedCall traced = trace_guess(profile, work);
  traced.known.why = why.empty() ? profile.why_guess : fmt::format("{} ({})", profile.why_guess, why);
  return traced;
}

// Throws as trace_call(). REQUIRES: there is a config or a guess.
const TracedCall& traced_call(const Profile& profile, const CellWork& cell, const Workload& work) {
  auto known = profile.calls.find(cell.call);
  if (known == profile.calls.end()) known = profile.calls.emplace(cell.call, trace_best(profile, work)).first;
  return known->second;
}

bool can_trace(const Profile& profile, const CellWork& cell) {
  return (profile.config || profile.guess) && cell.problem.empty();
}

Estimate prior_of(const Profile& profile, const Workload& work, const std::string& why) {
  Estimate estimate = estimate_by_prior(profile.model_family, work);
  estimate.why = why;
  const int64_t weights = std::min<int64_t>(profile.parameter_count, int64_t{1} << 59) * 4;
  if (weights <= estimate.peak_process_bytes) return estimate;
  estimate.terms = {{"weights", weights}};
  estimate.peak_process_bytes = estimate.peak_forward_bytes = weights;
  if (!is_host(work.hardware_type)) estimate.peak_device_bytes = weights;
  estimate.origin = "weights";
  return estimate;
}

void trace(std::span<const CallToTrace> calls) {
  for (const CallToTrace& each : calls) {
    if (!can_trace(*each.profile, *each.work)) continue;
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
  if (!can_trace(profile, cell))
    return prior_of(profile, work, cell.problem.empty() ? profile.why_no_config : cell.problem);
  try {
    return estimate_of_call(traced_call(profile, cell, work), work);
  } catch (const Error& error) {
    return prior_of(profile, work, error.message());
  }
}

}  // namespace testloom
