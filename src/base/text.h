// Text as testloom sees it: UTF-8 in std::string. Checking, decoding, showing it safely to people, and
// finding the nearest known word for a mistyped one.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace testloom {

struct CodePoint {
  char32_t value = 0;
  uint8_t length = 1;  // bytes; 1 for an invalid byte, so that a scan always advances
  bool valid = false;
};

// The code point at text[at] (at < text.size()). Overlong forms, surrogates and values past U+10FFFF are
// invalid.
CodePoint decode_utf8(std::string_view text, size_t at);

void append_utf8(std::string& out, char32_t code_point);

// The offset of the first byte that is not UTF-8, or npos.
size_t find_invalid_utf8(std::string_view text);
inline bool is_utf8(std::string_view text) { return find_invalid_utf8(text) == std::string_view::npos; }

size_t count_code_points(std::string_view text);

// Control characters, line and paragraph separators, and the invisible or direction-changing characters
// that could make a line show as something it is not.
bool is_unprintable(char32_t code_point);

// `text` with unprintable characters but newlines and tabs as \n, \xNN or \uNNNN, and broken UTF-8 as \xNN.
std::string printable(std::string_view text);

// `text` on one line: newlines and tabs escaped too, cut after `limit` code points.
std::string one_line(std::string_view text, size_t limit = 120);
// The same in single quotes, for a message.
std::string quote(std::string_view text, size_t limit = 120);

// A JSON string literal in ASCII: everything else as \u escapes; broken UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);

std::vector<std::string> split(std::string_view text, char separator);
std::string_view trimmed(std::string_view text);
std::string join(std::span<const std::string> parts, std::string_view separator);
std::string join(std::span<const std::string_view> parts, std::string_view separator);
// "1 test", "2 tests": the count with the noun in the right number.
std::string counted(uint64_t count, std::string_view noun);

// Levenshtein distance with transpositions counted as one edit.
size_t edit_distance(std::string_view a, std::string_view b);

// The candidate nearest to `word` when it is near enough to be a likely slip, else empty.
std::string nearest(std::string_view word, std::span<const std::string_view> candidates);

// Whether `text` matches a glob with * and ? (and nothing else special).
bool matches_glob(std::string_view glob, std::string_view text);

// FNV-1a, 64 bits: a hash that is the same on every machine.
uint64_t stable_hash(std::string_view text);
// The first `digits` hexadecimal digits of stable_hash.
std::string short_hash(std::string_view text, size_t digits = 8);

}  // namespace testloom
