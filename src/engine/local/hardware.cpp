#include "engine/local/hardware.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"
#include "base/units.h"
#include "catalog/names.h"
#include "engine/local/process.h"

namespace testloom {

namespace {

constexpr double kProbeSeconds = 60;

struct BuiltIn {
  std::string_view name, visible, health;
  StartKind start;
};

// The check of a device is a small sum on it, in an interpreter of its own.
constexpr std::string_view kTorchHealth =
    "exec \"$TESTLOOM_PYTHON\" -c 'import os, torch; torch.ones(8, "
    "device=os.environ[\"TESTLOOM_DEVICE\"]).sum().item()'";

constexpr std::array<BuiltIn, 4> kBuiltIn = {{{"cpu", "", "", StartKind::fork},
                                              {"cuda", "CUDA_VISIBLE_DEVICES", kTorchHealth, StartKind::fork},
                                              {"rocm", "HIP_VISIBLE_DEVICES", kTorchHealth, StartKind::fork},
                                              {"mps", "", kTorchHealth, StartKind::fresh}}};

void replace_where_said(std::string& value, const std::string& said) {
  if (!said.empty()) value = said;
}

// The devices that the user's own environment lets be seen, as they are called there.
std::vector<std::string> seen_devices(const std::string& variable) {
  const char* value = variable.empty() ? nullptr : std::getenv(variable.c_str());
  if (!value || !*value) return {};
  std::vector<std::string> names;
  for (const std::string& each : split(value, ',')) names.emplace_back(trimmed(each));
  return names;
}

std::optional<std::vector<DeviceInfo>> probed(const HardwareUse& use, std::string& reason) {
  ProcessRequest request;
  request.command = {"/bin/sh", "-c", use.probe};
  request.folder = "/";
  request.timeout_seconds = kProbeSeconds;
  request.environment = use.environment;
  const ProcessEnd end = run_process(request);
  if (end.started && end.exit_status == 0) return devices_of_probe(end.output_tail);
  reason = fmt::format("its probe failed: {}",
                       one_line(end.started ? trimmed(end.output_tail) : end.start_error, 300));
  return std::nullopt;
}

}  // namespace

HardwareUse hardware_use(const std::string& name, const std::vector<HardwareSection>& sections,
                         const std::string& python) {
  HardwareUse use;
  use.name = name;
  use.device = device_of(name);
  use.python = python;
  use.start = StartKind::fresh;  // what is not known may hold a device's context
  for (const BuiltIn& each : kBuiltIn) {
    if (each.name != name) continue;
    use.visible = each.visible;
    use.health = each.health;
    use.start = each.start;
  }
  for (const HardwareSection& section : sections) {
    if (section.name != name) continue;
    use.is_declared = true;
    for (const auto& [value, said] : {std::pair{&use.device, &section.device},
                                      {&use.python, &section.python},
                                      {&use.launch, &section.launch},
                                      {&use.probe, &section.probe},
                                      {&use.visible, &section.visible},
                                      {&use.health, &section.health},
                                      {&use.recover, &section.recover}})
      replace_where_said(*value, *said);
    if (!section.start.empty()) use.start = section.start == "fork" ? StartKind::fork : StartKind::fresh;
    use.environment = section.env;
  }
  if (!use.launch.empty()) use.start = StartKind::fresh;
  return use;
}

std::vector<DeviceInfo> devices_of_probe(const std::string& output) {
  std::vector<DeviceInfo> devices;
  for (const std::string& each : split(output, '\n')) {
    const std::string line(trimmed(each));
    if (line.empty()) continue;
    DeviceInfo device{line, std::nullopt};
    // The longest end of the line that is a size, after a space.
    for (size_t at = 0; at < line.size() && !device.memory_bytes; ++at) {
      if (at > 0 && line[at - 1] != ' ' && line[at - 1] != '\t') continue;
      try {
        device.memory_bytes = bytes_of(trimmed(std::string_view(line).substr(at)));
        device.name = at == 0 ? "" : std::string(trimmed(std::string_view(line).substr(0, at)));
      } catch (const Error&) {
        continue;
      }
    }
    devices.push_back(std::move(device));
  }
  return devices;
}

FoundSlots find_slots(const HardwareUse& use, const PythonInfo& info) {
  FoundSlots found;
  if (use.name == "cpu" && use.probe.empty()) {
    Slot slot;
    slot.name = slot.hardware_type = "cpu";
    slot.is_host = true;
    found.slots.push_back(std::move(slot));
    return found;
  }
  std::vector<DeviceInfo> devices;
  if (!use.probe.empty()) {
    if (const auto answered = probed(use, found.absent_reason)) devices = *answered;
  } else if (const auto known = info.devices.find(use.name); known != info.devices.end()) {
    devices = known->second;
  } else if (use.is_declared) {
    devices.push_back({use.device, std::nullopt});
  }
  if (devices.empty()) {
    const std::string why = !found.absent_reason.empty() ? found.absent_reason
                            : !use.probe.empty()         ? "its probe names none"
                            : info.torch.empty()         ? "torch is not installed"
                                                         : "";
    found.absent_reason =
        fmt::format("no {} device here{}", use.name, why.empty() ? "" : fmt::format(" ({})", why));
  }
  const std::vector<std::string> seen = seen_devices(use.visible);
  for (size_t i = 0; i < devices.size(); ++i) {
    Slot slot;
    slot.name = fmt::format("{}:{}", use.name, i);
    slot.hardware_type = use.name;
    if (!use.visible.empty()) slot.visible = i < seen.size() ? seen[i] : std::to_string(i);
    slot.memory_bytes = devices[i].memory_bytes.value_or(0);
    found.slots.push_back(std::move(slot));
  }
  return found;
}

}  // namespace testloom
