// What Python's str knows of characters: what prints, blanks, digits, upper and lower case; as CPython 3.11
// has it. The tables are written by scripts/update-unicode-tables.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace testloom::templating {

bool is_printable(char32_t c);  // str.isprintable()
bool is_space(char32_t c);      // str.isspace()
// The value of a decimal digit of any script, or -1.
int decimal_digit(char32_t c);

// Of which title() takes the next letter to go on with a word.
bool is_cased(char32_t c);
// What a capital sigma looks past to see whether it ends a word.
bool is_case_ignorable(char32_t c);

// What a character becomes in another case: up to three.
struct CaseMapping {
  std::array<char32_t, 3> characters;
  size_t count;
};
// Of the character alone: the final sigma is the caller's.
CaseMapping to_upper(char32_t c);
CaseMapping to_lower(char32_t c);
CaseMapping to_title(char32_t c);

}  // namespace testloom::templating
