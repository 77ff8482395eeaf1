// The plans that a store keeps: listing them, looking at one, taking one out.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "plan/planner.h"

namespace testloom {

// The tables whose rows are a plan's.
inline constexpr std::array kPlanTables = {"test_rows", "plan_cells",    "plan_skips",  "needs",
                                           "combos",    "plan_profiles", "plan_models", "plans"};

struct StoredPlan {
  int64_t plan_id = 0;
  std::string name;
  std::string created_at;  // UTC
  int64_t tests = 0;
  int64_t models = 0;
  std::string spec;  // JSON: what was asked for
};

// All plans, the latest last.
std::vector<StoredPlan> stored_plans(Connection& connection);
StoredPlan stored_plan(Connection& connection, int64_t plan_id);

// What was shown when the plan was made, without its diff; for a plan of an older testloom its tests alone.
PlanSummary stored_summary(Connection& connection, int64_t plan_id);

// Takes a plan and its tests out; outcomes stay, and template versions too. Returns how many tests there
// were.
int64_t remove_plan(Connection& connection, int64_t plan_id);

}  // namespace testloom
