// Python's words: which bytes make up a name, what is an identifier, and which names are taken by the
// language in any version from 3.8 to 3.13.
#pragma once

#include <span>
#include <string_view>

namespace testloom::templating {

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c);
}

// Not empty, ASCII letters, digits and underscores only, no digit first.
bool is_identifier(std::string_view text);

bool is_keyword(std::string_view text);
inline constexpr size_t kLongestKeyword = 8;

// Dunder names that Python gives a meaning of their own wherever they stand.
bool is_reserved_name(std::string_view text);

// The soft ones (match, case, type) too, which are keywords only in some places.
std::span<const std::string_view> keywords();
std::span<const std::string_view> reserved_names();

}  // namespace testloom::templating
