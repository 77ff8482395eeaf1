// This machine as a run uses it: its interpreters, the slots of each hardware type, and the room for tests.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/admission.h"
#include "engine/local/hardware.h"
#include "engine/local/host.h"
#include "engine/local/python.h"

namespace testloom {

struct MachineRequest {
  std::string python;
  std::vector<HardwareSection> sections;
  std::vector<std::string> hardware_types;  // of the tests
  int jobs = 0;                             // 0: as many as there are cores
  int64_t memory_bytes = 0;                 // 0: what is free now
  bool all_fresh = false;
  bool control_groups = true;  // that they are to be used where they can be
};

struct Machine {
  HostFacts host;
  std::string control_groups;                 // where they can be made, or why not; "off": not wanted
  std::map<std::string, HardwareUse> uses;    // by hardware type
  std::map<std::string, PythonInfo> pythons;  // by the interpreter's path, as it was given
  HostRoom room;
  std::vector<Slot> slots;
  std::map<std::string, std::string> absent;  // hardware types without a slot, and why
};

// Asks each interpreter about itself, once. Throws an Error (engine) when the one that was asked for does not
// run; of one that only a section names the hardware is absent.
Machine look_at_machine(const MachineRequest& request);

// What is kept with a run: what the interpreter said, with the host, and other interpreters by hardware type.
std::string environment_json(const Machine& machine, const std::string& python);

}  // namespace testloom
