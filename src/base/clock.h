// The clock behind a small interface: wall time for what people read, monotonic time for durations, so that
// a clock that jumps changes no duration.
#pragma once

#include <cstdint>
#include <string>

namespace testloom {

// Seconds on a clock that never jumps; only differences mean something.
double monotonic_seconds();

// Now in UTC as 2026-01-31T23:59:59.123Z.
std::string utc_now();

// Microseconds since 1970 in UTC, as DuckDB's TIMESTAMP holds them.
int64_t utc_now_microseconds();

}  // namespace testloom
