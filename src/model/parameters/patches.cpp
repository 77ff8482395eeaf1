#include "model/parameters/patches.h"

#include <charconv>
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

namespace {

// The stage that a name says: 0 for "stem", 7 for "stage7"; -1 for another name.
int64_t stage_named(std::string_view name) {
  if (name == "stem") return 0;
  int64_t stage = -1;
  if (!name.starts_with("stage")) return -1;
  const char* end = name.data() + name.size();
  const auto [read, error] = std::from_chars(name.data() + 5, end, stage);
  return error == std::errc() && read == end && stage > 0 ? stage : -1;
}

}  // namespace

std::vector<size_t> handed_out(const ModelConfig& config, size_t stages) {
  const auto last = static_cast<int64_t>(stages);
  std::vector<size_t> found;
  if (config.has("out_features")) {
    for (const std::string& name : config.texts("out_features")) {
      const int64_t stage = stage_named(name);
      if (stage < 0 || stage > last) {
        config.refuse("out_features", fmt::format("names from \"stem\" to \"stage{}\" are needed", stages));
      }
      found.push_back(static_cast<size_t>(stage));
    }
  } else if (config.has("out_indices")) {
    for (const int64_t index : config.integers("out_indices")) {
      const int64_t stage = index < 0 ? index + last + 1 : index;
      if (stage < 0 || stage > last) {
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
