// The question asked backwards: the largest test that fits.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/estimate/memory.h"

namespace testloom {

struct Solution {
  Workload work;  // with the value that was found
  Estimate estimate;
};

inline constexpr int64_t largest_solution = 1 << 20;

// `axis` is batch_size, seq_len or dtype; the largest value, or the widest dtype, with which the test needs
// at most `memory_bytes`: of the process on the host, else of the device. A seq_len goes up to what the
// config says that the model has positions for. Throws an Error (usage) for another axis, and (spec) where
// not even the smallest fits.
Solution solve(const ModelConfig& config, const Workload& work, std::string_view axis, int64_t memory_bytes);

}  // namespace testloom
