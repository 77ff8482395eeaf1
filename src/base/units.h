// Sizes and times as people read and write them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace testloom {

// "5.2 ms", "1.2 s", "3 m 12 s", "2 h 05 m".
std::string show_seconds(double seconds);
// "512 MB", "1.5 GB": decimal units.
std::string show_bytes(double bytes);

// "24GB", "1.5 GiB", "512MB", "1000000": bytes. Throws an Error (usage) for what is no size.
int64_t bytes_of(std::string_view text);
// "90", "1.5", "90s", "10m", "2h", "500ms": seconds. Throws an Error (usage) for what is no time above 0.
double seconds_of(std::string_view text);

}  // namespace testloom
