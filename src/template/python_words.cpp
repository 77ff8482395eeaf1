#include "template/python_words.h"

#include <algorithm>
#include <array>

namespace testloom::templating {

namespace {

constexpr auto kKeywords = std::to_array<std::string_view>(
    {"False",    "None",   "True",  "and",  "as",     "assert",   "async",   "await", "break", "class",
     "continue", "def",    "del",   "elif", "else",   "except",   "finally", "for",   "from",  "global",
     "if",       "import", "in",    "is",   "lambda", "nonlocal", "not",     "or",    "pass",  "raise",
     "return",   "try",    "while", "with", "yield",  "match",    "case",    "type"});
constexpr size_t kSoftKeywords = 3;  // the last ones

constexpr auto kReservedNames =
    std::to_array<std::string_view>({"__debug__", "__future__", "__peg_parser__"});

// By length: the letters that keywords of that length begin with.
constexpr auto kFirstLetters = [] {
  std::array<uint64_t, kLongestKeyword + 1> letters{};
  for (size_t i = 0; i + kSoftKeywords < kKeywords.size(); ++i) {
    letters[kKeywords[i].size()] |= uint64_t{1} << (kKeywords[i].front() - 'A');
  }
  return letters;
}();

}  // namespace

bool is_identifier(std::string_view text) {
  return !text.empty() && !is_digit(text.front()) && std::all_of(text.begin(), text.end(), is_word_byte);
}

bool is_keyword(std::string_view text) {
  if (text.size() > kLongestKeyword || text.empty() || text.front() < 'A' || text.front() > 'z') return false;
  if ((kFirstLetters[text.size()] >> (text.front() - 'A') & 1) == 0) return false;
  const auto hard_end = kKeywords.end() - kSoftKeywords;
  return std::find(kKeywords.begin(), hard_end, text) != hard_end;
}

bool is_reserved_name(std::string_view text) {
  return std::find(kReservedNames.begin(), kReservedNames.end(), text) != kReservedNames.end();
}

std::span<const std::string_view> keywords() { return kKeywords; }
std::span<const std::string_view> reserved_names() { return kReservedNames; }

}  // namespace testloom::templating
