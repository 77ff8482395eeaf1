// Reads one of Python's string literals.
#pragma once

#include <string>
#include <string_view>

#include "template/expression/arena.h"

namespace testloom::templating {

struct StringLiteral {
  std::string_view value;  // in the arena
  size_t end = 0;          // behind the closing quotes, or where the text ends
  // Not empty when it cannot be read; then what to do, and the bytes that are wrong (none: the whole
  // literal).
  std::string problem = {};
  std::string hint = {};
  size_t bad_begin = 0;
  size_t bad_end = 0;
};

// `quote` is the offset of the first quote in `text`, `prefix` what stands directly before it.
StringLiteral read_string_literal(std::string_view text, size_t quote, std::string_view prefix, Arena& arena);

}  // namespace testloom::templating
