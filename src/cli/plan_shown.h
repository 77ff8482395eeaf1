// Plans as people and programs see them.
#pragma once

#include "plan/planner.h"

namespace testloom::cli {

void show_diff(const PlanDiff& diff);
// Tests by family and hardware type, totals, what was skipped, and models of unknown family.
void show_summary(const PlanSummary& summary);
void print_json(const PlanSummary& summary, bool kept);

}  // namespace testloom::cli
