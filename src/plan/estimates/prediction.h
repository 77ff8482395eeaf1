// From an estimate to what is predicted: corrected by what outcomes taught, and never below what was
// measured.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "catalog/calibrations.h"
#include "plan/estimates/profile.h"

namespace testloom {

// What a store knows that predictions depend on, besides models and templates.
struct Knowledge {
  Libraries libraries;                       // see known_libraries()
  std::map<std::string, DeviceRates> rates;  // measured, by hardware type
  Calibration calibration;
  MeasuredCells measured;
};

// `otherwise` is used where no test ran yet. Without the calibration, which observations.h gives.
Knowledge read_knowledge(Connection& connection, const Libraries& otherwise);

// What tests are taken to have, each as "2.5": that of the latest run, else `otherwise`; may be empty.
Libraries known_libraries(Connection& connection, const Libraries& otherwise);
bool has_libraries_of_runs(Connection& connection);

struct Prediction {
  Estimate raw;
  int64_t memory_bytes = 0;       // where the test runs: of the process on a host, else of the device
  int64_t host_memory_bytes = 0;  // of the process
  double time_s = 0;              // of one forward pass or generate; 0: not known
  std::string origin;             // "measured", "weights", "config", "name", "prior"
  Correction correction;          // of memory_bytes; without points where none was made
};

// What follows the hardware type says which measured tests of the profile, or of the model, count.
struct PredictedCell {
  const CellWork* work = nullptr;
  std::string hardware_type;    // as the plan calls it
  std::string definition_hash;  // of the template's version
  std::string model_name;       // where one model is asked about; may be empty
  std::string axes;             // as JSON
};

Prediction predict(const Knowledge& knowledge, const Profile& profile, const PredictedCell& cell);

}  // namespace testloom
