// Keeps many models that were found on disk: what is new or changed is written, in one transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/database.h"

namespace testloom {

// What a scan knows of a model. What it does not know takes the place of what was known before, but for the
// config.
struct FoundOnDisk {
  std::string model_name;
  std::string location;
  std::optional<std::string> revision;
  std::optional<std::string> config;  // a JSON object
  std::optional<int64_t> parameter_count;
  std::optional<int64_t> weight_bytes;
};

enum class Kept { added, changed, same };

// Makes the models known, each name once, and says of each what that was. A description, a task, attributes
// and mappings stay what they are. Where all are the same, nothing is written.
std::vector<Kept> keep_models(Connection& connection, const std::vector<FoundOnDisk>& models);

}  // namespace testloom
