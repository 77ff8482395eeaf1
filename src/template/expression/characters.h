// Text by characters: UTF-8 is kept as it is, counted and cut by code points.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace testloom::templating {

inline bool is_ascii(std::string_view text) {
  size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    uint64_t eight;
    std::memcpy(&eight, text.data() + at, 8);
    if (eight & 0x8080808080808080) return false;
  }
  for (; at < text.size(); ++at) {
    if (static_cast<uint8_t>(text[at]) >= 0x80) return false;
  }
  return true;
}

// Whether a byte is not the first of its character.
inline bool is_continuation(char byte) { return (static_cast<uint8_t>(byte) & 0xC0) == 0x80; }

inline size_t next_character(std::string_view text, size_t at) {
  ++at;
  while (at < text.size() && is_continuation(text[at])) ++at;
  return at;
}

// Where the character that ends at `at` > 0 begins.
inline size_t previous_character(std::string_view text, size_t at) {
  --at;
  while (at > 0 && is_continuation(text[at])) --at;
  return at;
}

inline size_t count_characters(std::string_view text) {
  size_t continuations = 0;
  size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    uint64_t eight;
    std::memcpy(&eight, text.data() + at, 8);
    continuations += static_cast<size_t>(std::popcount((eight >> 7) & (~eight >> 6) & 0x0101010101010101));
  }
  for (; at < text.size(); ++at) continuations += is_continuation(text[at]);
  return text.size() - continuations;
}

// Where the character with this index <= count begins; `count` is the number of characters.
inline size_t character_offset(std::string_view text, size_t count, size_t index) {
  if (count == text.size()) return index;
  size_t at = index <= count / 2 ? 0 : text.size();
  if (index <= count / 2) {
    for (; index > 0; --index) at = next_character(text, at);
  } else {
    for (; index < count; ++index) at = previous_character(text, at);
  }
  return at;
}

// Bytes of a code point in UTF-8.
inline size_t utf8_length(char32_t c) { return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4; }

// Writes a code point and gives what is behind it.
inline char* write_utf8(char* to, char32_t c) {
  const size_t length = utf8_length(c);
  if (length == 1) {
    *to = static_cast<char>(c);
    return to + 1;
  }
  for (size_t i = length - 1; i > 0; --i) {
    to[i] = static_cast<char>(0x80 | (c & 0x3F));
    c >>= 6;
  }
  to[0] = static_cast<char>((0xF00 >> length) | c);
  return to + length;
}

}  // namespace testloom::templating
