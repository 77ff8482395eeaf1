// A snapshot of one plan: a store that holds it and all that its tests need, and that is only read. Any
// number of runs on any machines can use it at once; what they write is their journals.
#pragma once

#include <cstdint>
#include <filesystem>

#include "store/store.h"

namespace testloom {

// Makes the folder where it is not there, and in it testloom.duckdb; the plan keeps its number. Returns that
// file's path. Throws an Error: usage where the file is there already, store where it cannot be written; then
// there is none.
std::filesystem::path export_plan(Store& store, int64_t plan_id, const std::filesystem::path& folder);

}  // namespace testloom
