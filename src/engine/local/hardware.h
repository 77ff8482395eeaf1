// How each hardware type is used on this machine: built in for cpu, cuda, rocm and mps, else or on top of
// that as [hardware.NAME] of a spec says; and the slots that it gives.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/admission.h"
#include "engine/local/attempt.h"
#include "engine/local/python.h"
#include "plan/spec/spec.h"

namespace testloom {

struct HardwareUse {
  std::string name;
  std::string device;   // what torch calls it
  std::string python;   // the interpreter for its tests
  std::string launch;   // put before the interpreter's command line; empty: nothing
  std::string probe;    // a line of shell that prints a line for each device; empty: torch is asked
  std::string visible;  // the variable that says which devices are seen; empty: none
  StartKind start = StartKind::fork;
  std::string health;   // a line of shell that succeeds while the device is well; empty: it is not looked at
  std::string recover;  // and one that makes it well again
  std::vector<std::pair<std::string, std::string>> environment;
  bool is_declared = false;  // by the spec, so that it is taken to be there where nothing can be asked
};

HardwareUse hardware_use(const std::string& name, const std::vector<HardwareSection>& sections,
                         const std::string& python);

// What it says of the machine.
struct FoundSlots {
  std::vector<Slot> slots;
  std::string absent_reason;  // why there are none
};

// `info` is what the hardware's interpreter says of itself. Runs the probe, where there is one.
FoundSlots find_slots(const HardwareUse& use, const PythonInfo& info);

// Devices by the lines that a probe printed: a name, and after it the memory, as in "npu0 32 GiB"; a line
// without a size is a device whose memory is not known.
std::vector<DeviceInfo> devices_of_probe(const std::string& output);

}  // namespace testloom
