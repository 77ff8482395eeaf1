// What outcomes taught about estimates: corrections for each figure by hardware type and architecture, and
// what single tests were measured to take.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "model/estimate/correction_table.h"
#include "store/database.h"

namespace testloom {

struct Calibration {
  CorrectionTable memory;       // where a test runs: of the process on a host, else of the device
  CorrectionTable host_memory;  // of the process of a test that runs on a device
  CorrectionTable time;         // of one forward pass or generate
};

// A model's profile (what estimates know of it) with what a test does, but for the batch size.
struct MeasuredKey {
  std::string profile;
  std::string definition_hash;  // of the template's version
  std::string hardware_type;
  std::string axes;  // as JSON
  auto operator<=>(const MeasuredKey&) const = default;
};

// The most that was seen, in bytes, and the median time of a pass.
struct MeasuredCell {
  std::optional<int64_t> memory_bytes;
  std::optional<int64_t> least_memory_bytes;  // it ran out of memory at that
  std::optional<int64_t> host_memory_bytes;
  std::optional<double> time_s;
};

using MeasuredCells = std::map<MeasuredKey, std::map<int64_t, MeasuredCell>>;  // then by batch size

// Which outcomes a calibration comes from.
struct CalibrationState {
  int64_t outcomes = 0;
  std::string latest;   // the last one's start; empty without one
  std::string figures;  // a hash of the devices' figures, which times are corrected beside
  bool operator==(const CalibrationState&) const = default;
};

// Replaces what was known. REQUIRES: a transaction is open.
void write_calibration(Connection& connection, const Calibration& calibration, const MeasuredCells& cells,
                       const CalibrationState& state);

Calibration read_calibration(Connection& connection);
MeasuredCells read_measured_cells(Connection& connection);
// Of the calibration that is stored, and of the outcomes that there are.
CalibrationState stored_calibration_state(Connection& connection);
CalibrationState calibration_state_of_outcomes(Connection& connection);

}  // namespace testloom
