// How fast this machine's devices are, as a Python's torch uses them.
#pragma once

#include <string>
#include <vector>

#include "catalog/device_figures.h"

namespace testloom {

// Lets an interpreter measure each device that its torch sees, the cpu first; takes some seconds. Throws an
// Error (engine) when it does not run, has no torch, or a device does not do what it should.
std::vector<MeasuredDevice> measure_devices(const std::string& python);

}  // namespace testloom
