// The models of a run that are the hub's: which tests are of each, and which of them have to be fetched
// first, by whom.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "engine/local/machine.h"
#include "engine/run_work.h"

namespace testloom {

struct HubModel {
  std::string location;              // the hub's id
  std::filesystem::path cache;       // the hub's cache, of the tests' environment
  std::filesystem::path folder;      // the model's own in it, there or not
  std::vector<size_t> tests;         // all that are of it
  std::vector<size_t> loading;       // those that load it; empty where it need not or cannot be fetched
  const HardwareUse* use = nullptr;  // whose interpreter and environment fetch it: of the first of these
  bool is_kept = false;              // tests know its folder by its path, so that it must stay
};

// A location is the hub's where nothing of that name is here and its letters are those of a hub id. Fetched
// is what `may_run` tests load by ${model_location} and the cache lacks, where their interpreter has
// huggingface_hub, no `launch` hides it, and the environment does not say that the hub is out of reach.
// `machine` outlives the result.
std::vector<HubModel> hub_models(const RunWork& work, const Machine& machine,
                                 const std::function<bool(const PlannedTest&)>& may_run);

}  // namespace testloom
