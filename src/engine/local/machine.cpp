#include "engine/local/machine.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "engine/local/control_group_place.h"

namespace testloom {

namespace {

// A share of what is free stays so, for the program itself and what else runs.
constexpr double kUsableShare = 0.95;

void add_hardware(Machine& machine, const MachineRequest& request, const std::string& name) {
  HardwareUse use = hardware_use(name, request.sections, request.python);
  if (request.all_fresh) use.start = StartKind::fresh;
  try {
    if (use.python != request.python) use.python = choose_python(use.python, {});
    if (!machine.pythons.contains(use.python)) machine.pythons[use.python] = probe_python(use.python);
    FoundSlots found = find_slots(use, machine.pythons.at(use.python));
    if (found.slots.empty()) machine.absent[name] = found.absent_reason;
    for (Slot& slot : found.slots) machine.slots.push_back(std::move(slot));
  } catch (const Error& error) {
    machine.absent[name] = fmt::format("no {} device here ({})", name, one_line(error.message(), 300));
  }
  machine.uses[name] = std::move(use);
}

}  // namespace

Machine look_at_machine(const MachineRequest& request) {
  Machine machine;
  machine.host = host_facts();
  machine.control_groups = request.control_groups ? shown(group_place()) : "off";
  machine.pythons[request.python] = probe_python(request.python);
  for (const std::string& name : request.hardware_types) add_hardware(machine, request, name);
  machine.room.cores = machine.host.cores;
  machine.room.jobs = request.jobs > 0 ? request.jobs : machine.host.cores;
  machine.room.memory_bytes =
      request.memory_bytes > 0
          ? request.memory_bytes
          : static_cast<int64_t>(kUsableShare * static_cast<double>(machine.host.available_bytes));
  return machine;
}

std::string environment_json(const Machine& machine, const std::string& python) {
  const std::string& own = machine.pythons.at(python).json;
  JsonWriter more;
  more.key("host").raw(json_of(machine.host)).member("control_groups", machine.control_groups);
  for (const auto& [name, use] : machine.uses) {
    if (use.python != python && machine.pythons.contains(use.python))
      more.key("python of " + name).raw(machine.pythons.at(use.python).json);
  }
  const size_t end = own.rfind('}');
  return own.substr(0, end) + ", " + more.take() + "}";
}

}  // namespace testloom
