// What the files of a model that was found say of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/family/family.h"
#include "model/scan/find_models.h"
#include "model/weights/weight_files.h"

namespace testloom {

struct ScannedModel {
  FoundModel found;
  FamilyGuess family;
  std::optional<std::string> config;  // of config.json, as JSON
  std::optional<WeightFiles> weights;
  std::vector<std::string> problems;  // each on one line
  bool broken = false;                // a file of it could not be read, so that it cannot be loaded
};

// Reads config.json and the headers of the weights. Never throws for what is in them.
ScannedModel scan_model(const FoundModel& found);

}  // namespace testloom
