#include "template/expression/replacing.h"

#include <algorithm>

#include <fmt/core.h>

#include "template/expression/characters.h"
#include "template/expression/numbers.h"
#include "template/expression/operations.h"
#include "template/expression/room.h"
#include "template/expression/searching.h"

namespace testloom::templating {

namespace {

char* put(char* to, std::string_view text) { return std::copy(text.begin(), text.end(), to); }

// Room for `text` with `count` places changed from `old` bytes to `by` bytes, checked before it is
// multiplied.
size_t size_after(std::string_view text, size_t count, size_t old, size_t by) {
  const size_t rest = text.size() - count * old;
  if (by > 0 && count > kMostTextBytes / by) fail_for_long_text();
  return rest + count * by;
}

size_t count_places(std::string_view text, std::string_view old, size_t limit) {
  size_t count = 0;
  for (size_t at = 0; count < limit; ++count) {
    at = find_text(text, old, at);
    if (at == std::string_view::npos) break;
    at += old.size();
  }
  return count;
}

// Before the first `count` of the places between characters.
Datum insert_between(std::string_view text, std::string_view by, size_t count, Arena& arena) {
  const size_t size = size_after(text, count, 0, by.size());
  char* const to = room_for_text(arena, size);
  char* end = to;
  size_t at = 0;
  for (size_t i = 0; i < count; ++i) {
    end = put(end, by);
    if (at == text.size()) break;
    const size_t next = next_character(text, at);
    end = put(end, text.substr(at, next - at));
    at = next;
  }
  put(end, text.substr(at));
  return text_datum({to, size});
}

[[noreturn]] void fail_for_item(size_t index, const Datum& item) {
  throw EvaluationError{fmt::format("join() takes texts, and item {} is '{}'", index, type_name(item)),
                        is_numeric(item) ? "make it a text with str(...)" : ""};
}

}  // namespace

Datum replace(std::string_view text, std::string_view old, std::string_view by, int64_t limit, Arena& arena) {
  const size_t most = limit < 0 ? SIZE_MAX : static_cast<size_t>(limit);
  if (old.empty()) return insert_between(text, by, std::min(most, count_characters(text) + 1), arena);
  const size_t count = count_places(text, old, most);
  if (count == 0) return text_datum(text);
  const size_t size = size_after(text, count, old.size(), by.size());
  char* const to = room_for_text(arena, size);
  char* end = to;
  size_t at = 0;
  for (size_t i = 0; i < count; ++i) {
    const size_t found = find_text(text, old, at);
    end = put(put(end, text.substr(at, found - at)), by);
    at = found + old.size();
  }
  put(end, text.substr(at));
  return text_datum({to, size});
}

Datum join(std::string_view separator, const Datum& iterable, Arena& arena) {
  if (iterable.is(DatumKind::text) && separator.empty()) return iterable;
  size_t size = 0;
  Iteration counted(iterable, arena);
  spend_items(counted.length());
  for (size_t i = 0; i < counted.length(); ++i) {
    const Datum item = counted.at(i);
    if (!item.is(DatumKind::text)) fail_for_item(i, item);
    size += item.size + (i > 0 ? separator.size() : 0);
    if (size > kMostTextBytes) fail_for_long_text();
  }
  if (counted.length() == 1) return counted.at(0);
  char* const to = room_for_text(arena, size);
  char* end = to;
  Iteration items(iterable, arena);
  for (size_t i = 0; i < items.length(); ++i) {
    if (i > 0) end = put(end, separator);
    end = put(end, items.at(i).text());
  }
  return text_datum({to, size});
}

}  // namespace testloom::templating
