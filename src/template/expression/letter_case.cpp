#include "template/expression/letter_case.h"

#include "base/text.h"
#include "template/expression/characters.h"
#include "template/expression/room.h"
#include "template/expression/unicode.h"

namespace testloom::templating {

namespace {

constexpr char32_t kCapitalSigma = 0x3A3;
constexpr char32_t kFinalSigma = 0x3C2;

bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }
bool is_small(char c) { return c >= 'a' && c <= 'z'; }
char to_capital(char c) { return static_cast<char>(is_small(c) ? c - 32 : c); }
char to_small(char c) { return static_cast<char>(is_capital(c) ? c + 32 : c); }

// `convert` on each byte, in order.
template <typename Convert>
Datum convert_ascii(std::string_view text, Arena& arena, Convert convert) {
  char* const to = room_for_text(arena, text.size());
  for (size_t i = 0; i < text.size(); ++i) to[i] = convert(text[i]);
  return text_datum({to, text.size()});
}

// `convert(code point, offset)` on each character, in order and twice: for the room, and for the text.
template <typename Convert>
Datum convert_characters(std::string_view text, Arena& arena, Convert convert) {
  const auto for_each_result = [&](auto take) {
    for (size_t at = 0; at < text.size();) {
      const CodePoint point = decode_utf8(text, at);
      const CaseMapping mapping = convert(point.value, at);
      for (size_t i = 0; i < mapping.count; ++i) take(mapping.characters[i]);
      at += point.length;
    }
  };
  size_t bytes = 0;
  for_each_result([&](char32_t c) { bytes += utf8_length(c); });
  char* const to = room_for_text(arena, bytes);
  char* end = to;
  for_each_result([&](char32_t c) { end = write_utf8(end, c); });
  return text_datum({to, bytes});
}

// The nearest character before `at` that a sigma does not look past is cased.
bool follows_cased(std::string_view text, size_t at) {
  while (at > 0) {
    at = previous_character(text, at);
    const char32_t c = decode_utf8(text, at).value;
    if (!is_case_ignorable(c)) return is_cased(c);
  }
  return false;
}

bool precedes_cased(std::string_view text, size_t at) {
  while (at < text.size()) {
    const CodePoint point = decode_utf8(text, at);
    if (!is_case_ignorable(point.value)) return is_cased(point.value);
    at += point.length;
  }
  return false;
}

// The small letter of the character at `at`: that of a sigma depends on whether it ends a word.
CaseMapping lower_at(std::string_view text, char32_t c, size_t at) {
  const bool ends_word =
      c == kCapitalSigma && follows_cased(text, at) && !precedes_cased(text, next_character(text, at));
  return ends_word ? CaseMapping{{kFinalSigma}, 1} : to_lower(c);
}

}  // namespace

Datum upper_case(std::string_view text, Arena& arena) {
  if (is_ascii(text)) return convert_ascii(text, arena, to_capital);
  return convert_characters(text, arena, [](char32_t c, size_t) { return to_upper(c); });
}

Datum lower_case(std::string_view text, Arena& arena) {
  if (is_ascii(text)) return convert_ascii(text, arena, to_small);
  return convert_characters(text, arena, [&](char32_t c, size_t at) { return lower_at(text, c, at); });
}

Datum title_case(std::string_view text, Arena& arena) {
  bool in_word = false;
  if (is_ascii(text)) {
    return convert_ascii(text, arena, [&](char c) {
      const char converted = in_word ? to_small(c) : to_capital(c);
      in_word = is_capital(c) || is_small(c);
      return converted;
    });
  }
  return convert_characters(text, arena, [&](char32_t c, size_t at) {
    const bool goes_on = at > 0 && in_word;
    in_word = is_cased(c);
    return goes_on ? lower_at(text, c, at) : to_title(c);
  });
}

}  // namespace testloom::templating
