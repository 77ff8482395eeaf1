#include "template/expression/unicode.h"

#include <algorithm>
#include <iterator>
#include <span>

namespace testloom::templating {

namespace {

struct Range {
  char32_t first;
  char32_t last;
};
// Every `stride`-th code point of a range is mapped to the one `delta` further.
struct Mapping {
  char32_t first;
  char32_t last;
  int32_t stride;
  int32_t delta;
};
struct Special {
  char32_t first;
  std::array<char32_t, 3> to;  // 0 after the last
};

#include "template/expression/unicode_tables.inc"

// The last entry that begins at or before `c`, or null.
template <typename Entry>
const Entry* entry_at(std::span<const Entry> table, char32_t c) {
  const auto after =
      std::upper_bound(table.begin(), table.end(), c, [](char32_t a, const Entry& b) { return a < b.first; });
  return after == table.begin() ? nullptr : &*std::prev(after);
}

bool contains(std::span<const Range> table, char32_t c) {
  const Range* range = entry_at(table, c);
  return range && c <= range->last;
}

const Special* find_special(std::span<const Special> table, char32_t c) {
  const Special* special = entry_at(table, c);
  return special && special->first == c ? special : nullptr;
}

CaseMapping spread(const Special& special) {
  const auto end = std::find(special.to.begin(), special.to.end(), U'\0');
  return {special.to, static_cast<size_t>(end - special.to.begin())};
}

CaseMapping map(std::span<const Mapping> simple, std::span<const Special> several, char32_t c) {
  if (const Special* special = find_special(several, c)) return spread(*special);
  const Mapping* mapping = entry_at(simple, c);
  const bool mapped =
      mapping && c <= mapping->last && (c - mapping->first) % static_cast<uint32_t>(mapping->stride) == 0;
  return {{mapped ? c + static_cast<char32_t>(mapping->delta) : c}, 1};
}

}  // namespace

bool is_printable(char32_t c) { return !contains(kUnprintable, c); }

bool is_space(char32_t c) { return contains(kSpaces, c); }

int decimal_digit(char32_t c) {
  const auto after = std::upper_bound(std::begin(kZeros), std::end(kZeros), c);
  if (after == std::begin(kZeros)) return -1;
  const char32_t distance = c - *std::prev(after);
  return distance < 10 ? static_cast<int>(distance) : -1;
}

bool is_cased(char32_t c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return contains(kCased, c);
}

bool is_case_ignorable(char32_t c) { return contains(kCaseIgnorable, c); }

CaseMapping to_upper(char32_t c) {
  if (c < 0x80) return {{c >= 'a' && c <= 'z' ? c - 32 : c}, 1};
  return map(kUpper, kSpecialUpper, c);
}

CaseMapping to_lower(char32_t c) {
  if (c < 0x80) return {{c >= 'A' && c <= 'Z' ? c + 32 : c}, 1};
  return map(kLower, kSpecialLower, c);
}

CaseMapping to_title(char32_t c) {
  const Special* special = c < 0x80 ? nullptr : find_special(kTitle, c);
  return special ? spread(*special) : to_upper(c);
}

}  // namespace testloom::templating
