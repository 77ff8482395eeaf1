// The prediction of a test, for people and as JSON.
#pragma once

#include "base/json_writer.h"
#include "plan/estimates/test_estimate.h"

namespace testloom::cli {

// Lines "  memory    …", with terms, correction and time.
void show_estimate(const PlannedTest& test, const TestEstimate& estimate);

// Puts its members into an object that is open.
void write_test_estimate(JsonWriter& json, const TestEstimate& estimate);

// {"points", "offset_bytes", "scale", "low", "high"}, or null without points.
void write_correction(JsonWriter& json, const Correction& correction);

// "x 1.02 + 20 MB"
std::string shown_correction(const Correction& correction);

}  // namespace testloom::cli
