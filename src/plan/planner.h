// From a spec (models × hardware types × batch sizes × axes) to a stored plan. The tests are written by one
// SQL statement from small tables; nothing here loops over tests.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "plan/plan_diff.h"
#include "plan/plan_time.h"
#include "plan/spec/spec.h"
#include "store/store.h"

namespace testloom {

// Cells that gave no test, and why.
struct Skipped {
  std::string reason;
  int64_t cells;
  int64_t models;
  std::string example;  // one of the models
};

struct PlanCount {
  std::string model_family;
  std::string hardware_type;
  int64_t tests;
  double largest_memory_gb;  // of the estimates
};

inline constexpr int64_t most_sampled_from = 9'000'000'000'000'000'000;

struct PlanSummary {
  int64_t plan_id = 0;  // of the stored plan; of the previous one when nothing changed; 0 when not stored
  int64_t tests = 0;
  int64_t longest_chain = 0;
  double largest_memory_gb = 0;
  int64_t sampled_from = 0;  // tests that a sample was taken of, at most most_sampled_from; 0: no sample
  std::vector<PlanCount> counts;
  std::vector<Skipped> skipped;
  std::vector<std::string> unknown_models;  // of unknown family, at most 20
  PlanDiff diff;
  std::optional<PlanTime> time;  // nothing where no test has run yet
};

// Asked once the tests are known and before they are kept; false rolls everything back.
using KeepPlan = std::function<bool(const PlanSummary&)>;

// Plans in one transaction, and keeps the plan when `keep` says so and there is a test in it. A plan equal to
// the latest of its name is not stored again. Throws an Error: usage for bad names and sizes, spec for what
// does not go with the store's templates and models.
PlanSummary make_plan(Store& store, const PlanSpec& spec, std::vector<std::string>& notes,
                      const KeepPlan& keep);

// The id of the latest plan, of this name if one is given. Throws an Error (usage) when there is none.
int64_t latest_plan(Connection& connection, const std::optional<std::string>& plan_name = std::nullopt);

}  // namespace testloom
