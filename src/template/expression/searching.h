// Where a text stands in another one, in time that grows with the longer one.
#pragma once

#include <string_view>

namespace testloom::templating {

// Offsets, or npos; `wanted` is not empty for find_last.
size_t find_text(std::string_view text, std::string_view wanted, size_t from = 0);
size_t find_last(std::string_view text, std::string_view wanted);

}  // namespace testloom::templating
