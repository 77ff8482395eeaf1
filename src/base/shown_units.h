// Seconds and bytes as people read them.
#pragma once

#include <string>

namespace testloom {

// "1.2 s", "3 m 12 s"; "512 MB", "1.5 GB" (decimal units); "5.2 ms".
std::string show_seconds(double seconds);
std::string show_bytes(double bytes);

}  // namespace testloom
