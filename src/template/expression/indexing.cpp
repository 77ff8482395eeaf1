#include <algorithm>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "base/text.h"
#include "template/expression/characters.h"
#include "template/expression/dicts.h"
#include "template/expression/numbers.h"
#include "template/expression/operations.h"
#include "template/expression/ranges.h"
#include "template/expression/room.h"
#include "template/expression/sequences.h"
#include "template/expression/written.h"

namespace testloom::templating {

namespace {

[[noreturn]] void fail_for_key(const Datum& dict, const Datum& key) {
  constexpr size_t kMostCandidates = 500;
  std::vector<std::string_view> candidates;
  for (size_t i = 0; i < dict.size && candidates.size() < kMostCandidates; ++i) {
    const Datum& known = dict.entries[i].key;
    if (known.is(DatumKind::text) && known.size <= 64) candidates.push_back(known.text());
  }
  const std::string near = key.is(DatumKind::text) ? nearest(key.text(), candidates) : "";
  throw EvaluationError{fmt::format("there is no key {}", shown(key)),
                        near.empty() ? "" : fmt::format("did you mean {}?", quote(near))};
}

// The place that an index means, counted from the end when it is negative.
int64_t place_of(const Datum& container, const Datum& index, int64_t length) {
  if (!is_integer(index)) {
    throw EvaluationError{fmt::format("an index of '{}' is an integer, and '{}' is none",
                                      type_name(container), type_name(index))};
  }
  const int64_t given = as_integer(index);
  const int64_t place = given < 0 ? given + length : given;
  if (place < 0 || place >= length) {
    const std::string_view what = container.is(DatumKind::text) ? "character" : "item";
    throw EvaluationError{fmt::format("the index {} is out of range: there {} {}", given,
                                      length == 1 ? "is" : "are",
                                      counted(static_cast<uint64_t>(length), what))};
  }
  return place;
}

Datum character_at(const Datum& text, const Datum& index) {
  const size_t count = count_characters(text.text());
  const size_t place = static_cast<size_t>(place_of(text, index, static_cast<int64_t>(count)));
  const size_t from = character_offset(text.text(), count, place);
  return text_datum(text.text().substr(from, next_character(text.text(), from) - from));
}

struct Slice {
  int64_t start;
  int64_t stop;
  int64_t step;
  size_t length;  // how many items it takes
};

int64_t slice_part(const Datum& part, int64_t otherwise, std::string_view name) {
  if (part.is(DatumKind::none)) return otherwise;
  if (is_integer(part)) return as_integer(part);
  throw EvaluationError{
      fmt::format("the {} of a slice is an integer or None, and '{}' is neither", name, type_name(part))};
}

// As PySlice_AdjustIndices.
int64_t clipped(int64_t place, int64_t length, bool backwards) {
  if (place < 0) place = std::max(place + length, int64_t{backwards ? -1 : 0});
  return std::min(place, backwards ? length - 1 : length);
}

Slice slice_of(const Datum& start, const Datum& stop, const Datum& step, int64_t length) {
  Slice slice{.start = 0, .stop = 0, .step = slice_part(step, 1, "step"), .length = 0};
  if (slice.step == 0) throw EvaluationError{"the step of a slice cannot be 0"};
  const bool backwards = slice.step < 0;
  slice.start = clipped(slice_part(start, backwards ? INT64_MAX : 0, "start"), length, backwards);
  slice.stop = clipped(slice_part(stop, backwards ? INT64_MIN : INT64_MAX, "stop"), length, backwards);
  const int64_t distance = backwards ? slice.start - slice.stop : slice.stop - slice.start;
  const uint64_t stride =
      backwards ? 0 - static_cast<uint64_t>(slice.step) : static_cast<uint64_t>(slice.step);
  if (distance > 0) slice.length = static_cast<size_t>(static_cast<uint64_t>(distance - 1) / stride + 1);
  return slice;
}

// The text between two characters, `count` in all.
std::string_view between(std::string_view text, size_t count, size_t start, size_t stop) {
  const size_t from = character_offset(text, count, start);
  return text.substr(from, character_offset(text, count, stop) - from);
}

size_t moved(std::string_view text, size_t at, int64_t characters) {
  for (; characters > 0; --characters) at = next_character(text, at);
  for (; characters < 0; ++characters) at = previous_character(text, at);
  return at;
}

Datum text_in_steps(std::string_view text, size_t count, const Slice& slice, Arena& arena) {
  const bool single = count == text.size();
  const auto for_each = [&](auto take) {
    size_t at = character_offset(text, count, static_cast<size_t>(slice.start));
    for (size_t i = 0; i < slice.length; ++i) {
      if (i > 0) at = single ? at + static_cast<size_t>(slice.step) : moved(text, at, slice.step);
      take(at);
    }
  };
  size_t bytes = single ? slice.length : 0;
  if (!single) for_each([&](size_t at) { bytes += next_character(text, at) - at; });
  char* const to = room_for_text(arena, bytes);
  char* end = to;
  for_each([&](size_t at) {
    const size_t length = single ? 1 : next_character(text, at) - at;
    end = std::copy_n(text.data() + at, length, end);
  });
  return text_datum({to, bytes});
}

Datum text_slice(const Datum& text, const Datum& start, const Datum& stop, const Datum& step, Arena& arena) {
  const size_t count = count_characters(text.text());
  const Slice slice = slice_of(start, stop, step, static_cast<int64_t>(count));
  if (slice.length == 0) return text_datum(text.text().substr(0, 0));
  if (slice.step != 1) return text_in_steps(text.text(), count, slice, arena);
  if (slice.length == count) return text;
  return text_datum(
      between(text.text(), count, static_cast<size_t>(slice.start), static_cast<size_t>(slice.stop)));
}

Datum item_slice(const Datum& items, const Slice& slice, Arena& arena) {
  if (slice.length == 0) return sequence_datum(items.kind, items.items, 0);
  if (slice.step == 1) return sequence_datum(items.kind, items.items + slice.start, slice.length);
  Datum* to = room_for_items(arena, slice.length);
  for (size_t i = 0; i < slice.length; ++i) {
    to[i] = items.items[slice.start + static_cast<int64_t>(i) * slice.step];
  }
  return sequence_datum(items.kind, to, slice.length);
}

__extension__ using Wide = __int128;

int64_t in_64_bits(Wide integer) {
  if (integer < INT64_MIN || integer > INT64_MAX) fail_for_large_integer();
  return static_cast<int64_t>(integer);
}

// As CPython's compute_slice: a range again, with its ends where the slice has them.
Datum range_slice(const RangeParts& range, const Slice& slice, Arena& arena) {
  // What is added up on the way may be out of 64 bits although its end is not.
  const Wide first = range.start;
  return make_range(in_64_bits(first + Wide{range.step} * slice.start),
                    in_64_bits(first + Wide{range.step} * slice.stop),
                    in_64_bits(Wide{range.step} * slice.step), arena);
}

}  // namespace

Datum subscript(const Datum& container, const Datum& index, Arena&) {
  switch (container.kind) {
    case DatumKind::text:
      return character_at(container, index);
    case DatumKind::list:
    case DatumKind::tuple:
      return container.items[place_of(container, index, container.size)];
    case DatumKind::range:
      return range_item(*container.range, place_of(container, index, container.range->length));
    case DatumKind::dict: {
      const Datum* value = find_value(container, index);
      if (!value) fail_for_key(container, index);
      return *value;
    }
    default:
      throw EvaluationError{fmt::format("'{}' has no items to index", type_name(container))};
  }
}

Datum slice(const Datum& container, const Datum& start, const Datum& stop, const Datum& step, Arena& arena) {
  switch (container.kind) {
    case DatumKind::text:
      return text_slice(container, start, stop, step, arena);
    case DatumKind::list:
    case DatumKind::tuple:
      return item_slice(container, slice_of(start, stop, step, container.size), arena);
    case DatumKind::range:
      return range_slice(*container.range, slice_of(start, stop, step, container.range->length), arena);
    default:
      throw EvaluationError{fmt::format("'{}' cannot be sliced", type_name(container))};
  }
}

}  // namespace testloom::templating
