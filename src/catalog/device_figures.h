// What was measured of this store's machines: how fast each kind of device is, for estimates of time.
#pragma once

#include <string>
#include <vector>

#include "model/estimate/process.h"
#include "store/database.h"

namespace testloom {

struct MeasuredDevice {
  std::string hardware_type;
  std::string name;  // of the processor or card
  DeviceRates rates;
  int threads = 0;   // that torch computes with on the host
  std::string host;  // the machine's name
};

// Takes the place of what was known of its hardware type. Throws an Error (engine), and writes nothing, for
// rates that are not above 0 and finite.
void write_device_figures(Connection& connection, const MeasuredDevice& device);

// By hardware type; the estimate of a test uses the rates of its own (Workload::rates).
std::vector<MeasuredDevice> read_device_figures(Connection& connection);

}  // namespace testloom
