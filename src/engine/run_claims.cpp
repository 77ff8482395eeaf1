#include "engine/run_claims.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "engine/outcome.h"

namespace testloom {

namespace {

// Of the process of a test on a device, where nothing is predicted.
constexpr double kHostGb = 2;

int64_t bytes(double gigabytes) { return std::llround(gigabytes * 1e9); }

}  // namespace

Claim Claims::of(const PlannedTest& test) const {
  const Template& compiled = renderer_.compiled(test);
  const bool on_host = test.device == "cpu" || (test.device.empty() && test.hardware_type == "cpu");
  Claim claim;
  claim.hardware_type = test.hardware_type;
  claim.exclusive = compiled.is_exclusive();
  claim.cores = static_cast<int>(
      std::min<int64_t>(compiled.cores().value_or(std::max(1, room_.cores / room_.jobs)), 1'000'000));
  claim.host_bytes =
      bytes(on_host ? test.estimated_memory_gb : test.estimated_host_memory_gb.value_or(kHostGb));
  claim.device_bytes = on_host ? 0 : bytes(test.estimated_memory_gb);
  return claim;
}

int Claims::threads(const PlannedTest& test) const {
  const Template& compiled = renderer_.compiled(test);
  if (compiled.is_exclusive() && !compiled.cores()) return 0;
  return std::min(of(test).cores, room_.cores);
}

std::string how_it_ended(std::string_view word) {
  if (word == outcome::oom) return "ran out of memory";
  if (word == outcome::error) return "ended with an error";
  if (word == outcome::timeout) return "ran into its time limit";
  if (word == outcome::known_failure) return "failed as it is known to";
  return std::string(word);
}

std::optional<std::string> blocked_by_earlier(const PlannedTest& test, const RunWork& work) {
  for (const std::string& id : test.dependencies) {
    const auto found = work.earlier.find(id);
    if (found == work.earlier.end() || found->second.outcome == outcome::passed) continue;
    return fmt::format("{} {} in an earlier run", found->second.case_name,
                       how_it_ended(found->second.outcome));
  }
  return std::nullopt;
}

}  // namespace testloom
