#include "template/expression/splitting.h"

#include "base/text.h"
#include "template/expression/characters.h"
#include "template/expression/room.h"
#include "template/expression/searching.h"
#include "template/expression/unicode.h"

namespace testloom::templating {

namespace {

bool is_blank_at(std::string_view text, size_t at) {
  const uint8_t byte = static_cast<uint8_t>(text[at]);
  if (byte < 0x80) return byte == ' ' || (byte >= 0x09 && byte <= 0x0D) || (byte >= 0x1C && byte <= 0x1F);
  return is_space(decode_utf8(text, at).value);
}

// Where from `at` on the first character stands that is blank, or is not.
size_t find_blank(std::string_view text, size_t at, bool blank) {
  while (at < text.size() && is_blank_at(text, at) != blank) at = next_character(text, at);
  return at;
}

// Where the last character before `at` ends that is blank, or is not.
size_t rfind_blank(std::string_view text, size_t at, bool blank) {
  while (at > 0) {
    const size_t before = previous_character(text, at);
    if (is_blank_at(text, before) == blank) break;
    at = before;
  }
  return at;
}

// A list of the parts that `split(take)` finds: it is called twice, first to count them.
template <typename Split>
Datum list_of_parts(Arena& arena, Side side, Split split) {
  size_t count = 0;
  split([&](std::string_view) { ++count; });
  Datum* const items = room_for_items(arena, count);
  size_t filled = 0;
  split([&](std::string_view part) {
    items[side == Side::left ? filled : count - 1 - filled] = text_datum(part);
    ++filled;
  });
  return sequence_datum(DatumKind::list, items, count);
}

uint64_t times(int64_t limit) { return limit < 0 ? UINT64_MAX : static_cast<uint64_t>(limit); }

template <typename Take>
void blanks_from_left(std::string_view text, uint64_t limit, Take take) {
  size_t at = find_blank(text, 0, false);
  for (; at < text.size() && limit > 0; --limit) {
    const size_t end = find_blank(text, at, true);
    take(text.substr(at, end - at));
    at = find_blank(text, end, false);
  }
  if (at < text.size()) take(text.substr(at));
}

template <typename Take>
void blanks_from_right(std::string_view text, uint64_t limit, Take take) {
  size_t end = rfind_blank(text, text.size(), false);
  for (; end > 0 && limit > 0; --limit) {
    const size_t at = rfind_blank(text, end, true);
    take(text.substr(at, end - at));
    end = rfind_blank(text, at, false);
  }
  if (end > 0) take(text.substr(0, end));
}

template <typename Take>
void from_left(std::string_view text, std::string_view separator, uint64_t limit, Take take) {
  size_t at = 0;
  for (; limit > 0; --limit) {
    const size_t found = find_text(text, separator, at);
    if (found == std::string_view::npos) break;
    take(text.substr(at, found - at));
    at = found + separator.size();
  }
  take(text.substr(at));
}

template <typename Take>
void from_right(std::string_view text, std::string_view separator, uint64_t limit, Take take) {
  for (; limit > 0; --limit) {
    const size_t found = find_last(text, separator);
    if (found == std::string_view::npos) break;
    take(text.substr(found + separator.size()));
    text = text.substr(0, found);
  }
  take(text);
}

}  // namespace

Datum split_at_blanks(std::string_view text, int64_t limit, Side side, Arena& arena) {
  return list_of_parts(arena, side, [&](auto take) {
    if (side == Side::left) {
      blanks_from_left(text, times(limit), take);
    } else {
      blanks_from_right(text, times(limit), take);
    }
  });
}

Datum split_at(std::string_view text, std::string_view separator, int64_t limit, Side side, Arena& arena) {
  return list_of_parts(arena, side, [&](auto take) {
    if (side == Side::left) {
      from_left(text, separator, times(limit), take);
    } else {
      from_right(text, separator, times(limit), take);
    }
  });
}

std::string_view strip_blanks(std::string_view text, Side side) {
  const size_t end = side == Side::left ? text.size() : rfind_blank(text, text.size(), false);
  const size_t from = side == Side::right ? 0 : find_blank(text.substr(0, end), 0, false);
  return text.substr(from, end - from);
}

std::string_view strip_characters(std::string_view text, std::string_view characters, Side side) {
  const auto is_one = [&](size_t from, size_t to) {
    spend(characters.size());
    return characters.find(text.substr(from, to - from)) != std::string_view::npos;
  };
  while (side != Side::right && !text.empty()) {
    const size_t next = next_character(text, 0);
    if (!is_one(0, next)) break;
    text.remove_prefix(next);
  }
  while (side != Side::left && !text.empty()) {
    const size_t last = previous_character(text, text.size());
    if (!is_one(last, text.size())) break;
    text.remove_suffix(text.size() - last);
  }
  return text;
}

}  // namespace testloom::templating
