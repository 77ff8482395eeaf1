// What people want to know of a plan before it is kept.
#pragma once

#include "plan/planner.h"

namespace testloom {

// From the plan's rows and the temporary tables of its expansion.
PlanSummary summarise(Connection& connection, int64_t plan_id, const PlanSpec& spec);

}  // namespace testloom
