// TOML that is none: toml++'s messages made short and plain, and checks for what toml++ must not be given.
#pragma once

#include <optional>
#include <string_view>

#include "plan/spec/toml_document.h"

namespace testloom {

// toml++ goes through what it made by recursion, and makes tables within tables of the names of a dotted key:
// more names in one key and more brackets within each other than these are refused.
inline constexpr size_t kMaxKeyNames = 16;
inline constexpr size_t kMaxNesting = 32;

// The first mistake of those that toml++ 3.3 does not stand, as what it asserts or calls unreachable is not:
// too deep a nesting; a header without a name; a brace that closes a list; a value that goes on with a quote;
// and other characters than ASCII where it looks for blanks, which is outside of texts, and at the beginning
// of a line behind one that ends with a backslash. `at` is where.
struct Unreadable {
  size_t at = 0;
  SpecMistake mistake;
};
std::optional<Unreadable> find_unreadable(std::string_view text);

// What toml++ says of a place, with the line and the place: the message, a span and what to do.
SpecMistake explain_syntax_error(std::string_view description, std::string_view source_line, int line,
                                 int column);

}  // namespace testloom
