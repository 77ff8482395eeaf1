// From a request (models × hardware types × batch sizes) to a stored plan. The tests are written by one SQL
// statement from small tables; nothing here loops over tests.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "store/store.h"

namespace testloom {

struct PlanRequest {
  std::string plan_name = "flags";
  std::vector<std::string> model_names;  // resolved, each once
  std::vector<std::string> hardware_types;
  std::vector<int64_t> batch_sizes;
};

// Cells that gave no test, and why.
struct Skipped {
  std::string reason;
  int64_t cells;
  int64_t models;
  std::string example;  // one of the models
};

// How a plan differs from the latest one of its name, by case.
struct PlanDiff {
  std::optional<int64_t> previous_plan_id;
  int64_t added = 0;
  int64_t removed = 0;
  int64_t changed = 0;    // the same case with another definition
  int64_t refreshed = 0;  // the same definition, elsewhere, or with another priority or estimate
  bool same() const { return previous_plan_id && added + removed + changed + refreshed == 0; }
};

struct PlanCount {
  std::string model_family;
  std::string hardware_type;
  int64_t tests;
};

struct PlanSummary {
  int64_t plan_id = 0;  // of the stored plan; of the previous one when nothing changed; 0 when not stored
  int64_t tests = 0;
  int64_t longest_chain = 0;
  double largest_memory_gb = 0;
  std::vector<PlanCount> counts;
  std::vector<Skipped> skipped;
  std::vector<std::string> unknown_models;  // of unknown family, at most 20
  PlanDiff diff;
};

// Asked once the tests are known and before they are kept; false rolls everything back.
using KeepPlan = std::function<bool(const PlanSummary&)>;

// Plans in one transaction, and keeps the plan when `keep` says so and there is a test in it. A plan equal to
// the latest of its name is not stored again. Throws an Error (usage) for bad names and sizes.
PlanSummary make_plan(Store& store, const PlanRequest& request, std::vector<std::string>& notes,
                      const KeepPlan& keep);

// The id of the latest plan, of this name if one is given. Throws an Error (usage) when there is none.
int64_t latest_plan(Connection& connection, const std::optional<std::string>& plan_name = std::nullopt);

}  // namespace testloom
