// Outcomes beside what was estimated for their tests: what estimates are corrected by.
#pragma once

#include "catalog/calibrations.h"
#include "store/database.h"

namespace testloom {

// From the latest outcomes that say what they took, at most so many of one test, and of all.
inline constexpr int observed_repeats = 5;
inline constexpr int most_observations = 5000;

struct Calibrated {
  Calibration calibration;
  MeasuredCells cells;
};

Calibrated calibrate(Connection& connection);

// Calibrates anew where outcomes were added or taken away since the last time, and keeps it. REQUIRES: a
// transaction is open.
void refresh_calibration(Connection& connection);

}  // namespace testloom
