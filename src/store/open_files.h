// Which files this process has open already. DuckDB's file lock holds between processes only: a second
// DuckDB in the same process (such as Python's own duckdb package) would open the same file unnoticed.
#pragma once

#include <filesystem>

namespace testloom {

// Whether a descriptor of this process points to the file at `path`.
bool is_open_in_this_process(const std::filesystem::path& path);

// The command line of a process, shortened, or empty when it cannot be read.
std::string describe_process(long pid);

}  // namespace testloom
