// What a text is made of, as bits: a text without a rule's bits stands by that rule as it is, byte for byte.
// Worked out once a value, and then asked wherever the value is put.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace testloom::templating {

using Traits = uint16_t;

namespace traits {
inline constexpr Traits beyond_ascii = 1;   // bytes from 0x80
inline constexpr Traits control = 2;        // bytes below 0x20, and 0x7F
inline constexpr Traits single_quote = 4;   // '
inline constexpr Traits double_quote = 8;   // "
inline constexpr Traits backslash = 16;     // the backslash
inline constexpr Traits brace = 32;         // { }
inline constexpr Traits sign = 64;          // : =
inline constexpr Traits expansion = 128;    // $ `
inline constexpr Traits not_word = 256;     // other than [A-Za-z0-9_]
inline constexpr Traits not_name = 512;     // the text as a whole may have to be changed to be part of a name
inline constexpr Traits every_text = 1024;  // set for every text, so that a rule can want a look at all
}  // namespace traits

inline constexpr std::array<Traits, 256> kByteTraits = [] {
  std::array<Traits, 256> table{};
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    Traits found = word ? 0 : traits::not_word;
    if (byte >= 0x80) found |= traits::beyond_ascii;
    if (byte < 0x20 || byte == 0x7F) found |= traits::control;
    if (c == '\'') found |= traits::single_quote;
    if (c == '"') found |= traits::double_quote;
    if (c == '\\') found |= traits::backslash;
    if (c == '{' || c == '}') found |= traits::brace;
    if (c == ':' || c == '=') found |= traits::sign;
    if (c == '$' || c == '`') found |= traits::expansion;
    table[static_cast<size_t>(byte)] = found;
  }
  return table;
}();

// What the bytes tell. Whether not_name can be taken off again needs a look at the whole: is_name_anywhere().
inline Traits byte_traits(std::string_view text) {
  const auto at = [&](size_t i) { return kByteTraits[static_cast<uint8_t>(text[i])]; };
  unsigned found = traits::every_text | traits::not_name,
           other = 0;  // two chains, so that one does not wait for the other
  size_t i = 0;
  for (; i + 4 <= text.size(); i += 4) {
    found |= at(i) | at(i + 1);
    other |= at(i + 2) | at(i + 3);
  }
  for (; i < text.size(); ++i) found |= at(i);
  return static_cast<Traits>(found | other);
}

}  // namespace testloom::templating
