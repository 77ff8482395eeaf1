// What `#% workload` can say of what a template does with its model: the keys, and the values that each
// takes. They are those of a request for an estimate, which the layer of models reads.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "testloom/template.h"

namespace testloom::templating {

inline constexpr int64_t kLargestWorkloadNumber = 1'000'000'000;
inline constexpr double kMostAudioSeconds = 1'000'000;

struct WorkloadKey {
  std::string_view name;
  ValueType type;                                // integer, number, boolean or text
  std::span<const std::string_view> words = {};  // the texts that it takes; none: any but the empty one
};

std::span<const WorkloadKey> workload_keys();
const WorkloadKey* find_workload_key(std::string_view name);

// What the key takes, for people: "a whole number from 1 to 1000000000", "forward, generate".
std::string workload_values(const WorkloadKey& key);

// Whether the key takes the value: integers from 1 to the largest, audio_seconds above 0 and up to the most
// as integer or number, texts by `words`.
bool takes_workload_value(const WorkloadKey& key, const Value& value);

}  // namespace testloom::templating
