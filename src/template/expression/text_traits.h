// What a text is made of, as bits: a text without a rule's bits stands by that rule as it is, byte for byte.
// Worked out once a value, and then asked wherever the value is put.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

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

// What the bytes tell, one by one. Whether not_name can be taken off again needs a look at the whole:
// is_name_of_word_bytes().
inline Traits byte_traits_of_any(std::string_view text) {
  unsigned found = traits::every_text | traits::not_name;
  for (const char c : text) found |= kByteTraits[static_cast<uint8_t>(c)];
  return static_cast<Traits>(found);
}

// The same, by 16 bytes at once as long as the text is made of letters, digits and `_-./`, as most values
// are. REQUIRES: kReadableSlack bytes behind the text can be read.
inline Traits byte_traits(std::string_view text) {
#ifdef __SSE2__
  unsigned not_word = 0;
  for (size_t at = 0; at < text.size(); at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    const auto within = [](__m128i values, char first, char last) {  // unsigned: first <= value <= last
      const __m128i above = _mm_sub_epi8(values, _mm_set1_epi8(first));
      return _mm_cmpeq_epi8(_mm_min_epu8(above, _mm_set1_epi8(static_cast<char>(last - first))), above);
    };
    const __m128i letter = within(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 'z');
    const __m128i underscore = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('_'));
    const __m128i letter_or_underscore = _mm_or_si128(letter, underscore);
    const __m128i digit = within(bytes, '0', '9');
    const __m128i digit_or_mark = within(bytes, '-', '9');
    const size_t left = text.size() - at;
    const unsigned behind = left >= 16 ? 0 : ~0U << left;  // bytes that are not the text's any more
    const auto mask = [&](__m128i which) { return static_cast<unsigned>(_mm_movemask_epi8(which)) | behind; };
    if ((mask(_mm_or_si128(letter_or_underscore, digit_or_mark)) & 0xFFFF) != 0xFFFF)
      return byte_traits_of_any(text);
    not_word |= ~mask(_mm_or_si128(letter_or_underscore, digit)) & 0xFFFF;
  }
  return static_cast<Traits>(traits::every_text | traits::not_name | (not_word ? traits::not_word : 0));
#else
  return byte_traits_of_any(text);
#endif
}

}  // namespace testloom::templating
