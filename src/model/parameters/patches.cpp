#include "model/parameters/patches.h"

#include <cmath>

#include <fmt/format.h>

namespace testloom {

Extent extent_of(const ModelConfig& config, std::string_view key) {
  const std::vector<int64_t> sizes = config.naturals(key, 2);
  if (sizes[0] == 0 || sizes[1] == 0) config.refuse(key, "sizes of at least 1 are needed");
  return {sizes[0], sizes[1]};
}

Quantity patches_of(const ModelConfig& config) {
  const Extent image = extent_of(config, "image_size");
  const Extent patch = extent_of(config, "patch_size");
  return Quantity(image.height / patch.height) * (image.width / patch.width);
}

Quantity scaled(const ModelConfig& config, std::string_view key, Quantity base) {
  const double size = config.number(key) * static_cast<double>(base.value());
  if (!(size >= 0) || size > static_cast<double>(Quantity::limit))
    config.refuse(key, "a smaller factor is needed, from 0 on");
  return static_cast<int64_t>(std::floor(size));
}

std::vector<int64_t> per_stage(const ModelConfig& config, std::string_view key, size_t stages) {
  std::vector<int64_t> values = config.naturals(key);
  if (values.size() < stages) {
    config.refuse(key, fmt::format("a number for each of {} stages is needed", stages));
  }
  values.resize(stages);
  return values;
}

std::vector<size_t> handed_out(const ModelConfig& config, size_t stages) {
  std::vector<size_t> found;
  if (config.has("out_features")) {
    for (const std::string& name : config.texts("out_features")) {
      size_t stage = 0;
      while (stage <= stages && name != (stage == 0 ? "stem" : fmt::format("stage{}", stage))) ++stage;
      if (stage > stages)
        config.refuse("out_features", fmt::format("names from \"stem\" to \"stage{}\" are needed", stages));
      found.push_back(stage);
    }
  } else if (config.has("out_indices")) {
    for (const int64_t index : config.integers("out_indices")) {
      const int64_t stage = index < 0 ? index + static_cast<int64_t>(stages) + 1 : index;
      if (stage < 0 || stage > static_cast<int64_t>(stages)) {
        config.refuse("out_indices", fmt::format("numbers from 0 to {} are needed", stages));
      }
      found.push_back(static_cast<size_t>(stage));
    }
  } else {
    found.push_back(stages);
  }
  return found;
}

}  // namespace testloom
