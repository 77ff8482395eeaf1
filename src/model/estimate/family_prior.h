// The prior estimate of memory: what a test is taken to need while nothing better than its family and batch
// size is known. The figures are handed out as rows too, so that a plan can join them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace testloom {

struct FamilyPrior {
  std::string_view model_family;
  double memory_gb;  // at prior_batch_size
};

inline constexpr int64_t prior_batch_size = 4;        // the batch size that the figures are for
inline constexpr double prior_memory_floor_gb = 0.5;  // no estimate is below this
inline constexpr double prior_other_family_gb = 1;    // families without a row, at prior_batch_size

// One row for each family that has its own figure.
std::span<const FamilyPrior> family_priors();

// The family's figure × batch_size / prior_batch_size, at least prior_memory_floor_gb.
double prior_memory_gb(std::string_view model_family, int64_t batch_size);

}  // namespace testloom
