// What vision models have in common: images cut into patches, sizes that come by stages, and which stages a
// backbone hands out.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "model/config/config.h"
#include "model/parameters/layers.h"

namespace testloom {

// A size that is one number for both directions, or a list of two; each at least 1.
struct Extent {
  int64_t height = 1;
  int64_t width = 1;

  Quantity points() const { return Quantity(height) * width; }
};
Extent extent_of(const ModelConfig& config, std::string_view key);

// How many patches an image has.
Quantity patches_of(const ModelConfig& config);

// base × config[key], rounded down; the factor may have a fraction.
Quantity scaled(const ModelConfig& config, std::string_view key, Quantity base);

// A list with a number for each of `stages`; more are not looked at, fewer are refused.
std::vector<int64_t> per_stage(const ModelConfig& config, std::string_view key, size_t stages);

// Which stages a backbone hands out, 0 being the stem and `stages` the last one: out_features ("stem",
// "stage1", …), else out_indices, else the last.
std::vector<size_t> handed_out(const ModelConfig& config, size_t stages);

}  // namespace testloom
