// The runs that a report is about.
#pragma once

#include <vector>

#include "report/html/report_data.h"

namespace testloom {

// Fills the temporary table `reported_runs` (run, run_id): the chosen runs that have outcomes, numbered from
// the earliest on. Throws an Error (usage) where there is none.
void choose_runs(Connection& connection, const ReportRequest& request);

// What is told of them, without their outcomes' counts. REQUIRES: choose_runs().
std::vector<ReportedRun> read_runs(Connection& connection);

}  // namespace testloom
