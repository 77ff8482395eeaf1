// [run] of a spec: how its tests are run.
#pragma once

#include "plan/spec/spec_reader.h"

namespace testloom {

RunSection read_run_section(SpecReader& reader, const TomlEntry& entry);

}  // namespace testloom
