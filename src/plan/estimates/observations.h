// Outcomes beside what was estimated for their tests: what estimates are corrected by.
#pragma once

#include "catalog/calibrations.h"
#include "store/database.h"

namespace testloom {

// From the latest outcomes that say what they took, at most so many of one test, and of all.
inline constexpr int observed_repeats = 5;
inline constexpr int most_observations = 200'000;
// Of one device and architecture, for the corrections.
inline constexpr int most_fitted = 200;

struct Calibrated {
  Calibration calibration;
  MeasuredCells cells;
};

Calibrated calibrate(Connection& connection);

// The calibration by the outcomes that there are: the one that is stored, or where outcomes were added or
// taken away since then, a new one.
struct CurrentCalibration {
  Calibrated found;
  CalibrationState state;
  bool is_new = false;
};
CurrentCalibration current_calibration(Connection& connection);

// Keeps it where it is new. REQUIRES: a transaction is open.
void keep_calibration(Connection& connection, const CurrentCalibration& current);

}  // namespace testloom
