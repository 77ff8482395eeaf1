// The smaller parts of a spec: what is left out and added, limits, the sample, and devices of the user's own.
#pragma once

#include <optional>
#include <vector>

#include "plan/spec/spec_axes.h"
#include "plan/spec/spec_reader.h"

namespace testloom {

std::vector<Exclusion> read_exclusions(SpecReader& reader, const TomlEntry& entry);
// REQUIRES: the plan's axes have been read.
std::vector<Inclusion> read_inclusions(SpecReader& reader, const TomlEntry& entry, const AxesReader& axes);
void read_limits(SpecReader& reader, const TomlEntry& entry, PlanSpec& spec);
std::optional<Sample> read_sample(SpecReader& reader, const TomlEntry& entry);
// All of [hardware], a section below it each.
std::vector<HardwareSection> read_hardware_sections(SpecReader& reader, const TomlEntry& entry);

}  // namespace testloom
