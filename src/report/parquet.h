// A run as Parquet files, for notebooks and dashboards: outcomes.parquet with every attempt, runs.parquet
// with the run; the columns are those of the store's tables (docs/store.md).
#pragma once

#include <filesystem>

#include "report/runs.h"

namespace testloom {

// Makes the folder where there is none. Throws an Error (usage) where it cannot be written to.
void write_parquet(Connection& connection, const StoredRun& run, const std::filesystem::path& folder);

}  // namespace testloom
