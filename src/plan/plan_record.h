// What the store keeps of a plan besides its tests: what was asked for, what came out, and a fingerprint of
// all that it came from, so that asking for the same again costs next to nothing.
#pragma once

#include <optional>
#include <string>

#include "catalog/calibrations.h"
#include "plan/planner.h"

namespace testloom {

// Of the spec, its list files' content, and what the store knows of templates, mappings and models.
std::string fingerprint_of(Connection& connection, const PlanSpec& spec, const CalibrationState& calibration);

// Fills in what the columns `summary` and `skipped` say.
void read_summary(PlanSummary& summary, std::string_view json, std::string_view skipped);

// The summary of the plan when it has this fingerprint; its diff is that nothing changed.
std::optional<PlanSummary> read_equal(Connection& connection, int64_t plan_id,
                                      const std::string& fingerprint);

void write_plan(Connection& connection, const PlanSpec& spec, const PlanSummary& summary,
                const std::string& fingerprint);
// A plan that has another fingerprint came out the same.
void note_equal(Connection& connection, int64_t plan_id, const std::string& fingerprint);

}  // namespace testloom
