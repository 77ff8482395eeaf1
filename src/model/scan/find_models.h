// Finds the models under a folder, by the files' names and what config.json says: folders with a config.json
// or model_index.json, the hub's cache, and weights that stand for themselves.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "model/weights/weight_sets.h"

namespace testloom {

struct FoundModel {
  std::string model_name;
  std::filesystem::path location;  // the folder, or the one file where a folder holds several models
  std::string revision;            // of the hub's cache: the commit; else empty
  std::filesystem::path folder;    // where its files are
  std::optional<WeightSet> set;    // of the folder's weights, the model's; nothing: whatever the folder has
};

struct FoundModels {
  std::vector<FoundModel> models;     // by name, each name once
  std::vector<std::string> problems;  // folders that could not be looked into, and models left out
};

// Called now and then with how many folders were seen and models found.
using FindProgress = std::function<void(size_t folders, size_t models)>;

// A model's name is its path from `folder` on, for one of the hub's cache organisation/name. Links to folders
// are not followed, and nothing is looked for within a model. Throws an Error (spec) where `folder` itself
// cannot be read.
FoundModels find_models(const std::filesystem::path& folder, const FindProgress& progress);

}  // namespace testloom
