#include "template/expression/collecting.h"

#include <algorithm>

#include <fmt/core.h>

#include "template/expression/arguments.h"
#include "template/expression/characters.h"
#include "template/expression/operations.h"
#include "template/expression/ranges.h"
#include "template/expression/room.h"
#include "template/expression/sorting.h"
#include "template/expression/work.h"

namespace testloom::templating {

namespace {

constexpr Signature kLen = {"len", {"object"}, 1, 1, 1};
constexpr Signature kMin = {"min", {"key", "default"}, 0, 0, 0};
constexpr Signature kMax = {"max", {"key", "default"}, 0, 0, 0};
constexpr Signature kSorted = {"sorted", {"iterable", "key", "reverse"}, 1, 1, 1};
constexpr Signature kRange = {"range", {"start", "stop", "step"}, 0, 3, 3};
constexpr Signature kEnumerate = {"enumerate", {"iterable", "start"}, 1, 0, 2};
constexpr Signature kZip = {"zip", {"strict"}, 0, 0, 0};

// There are no functions here that a key could be.
void refuse_key(const Signature& signature, const Datum* key) {
  if (!key || key->is(DatumKind::none)) return;
  throw EvaluationError{fmt::format("{}() takes no 'key' here", signature.name),
                        "values are compared as they are; tuples by their first items"};
}

Datum extreme(const Signature& signature, CompareOperator better, const Arguments& arguments, Arena& arena) {
  const auto [key, otherwise, none] = bind(signature, {.positional = {}, .keywords = arguments.keywords});
  refuse_key(signature, key);
  const std::span<const Datum> given = arguments.positional;
  if (given.empty()) throw EvaluationError{fmt::format("{}() is missing its values", signature.name)};
  if (given.size() > 1 && otherwise) {
    throw EvaluationError{fmt::format("{}() takes a default only with one argument", signature.name)};
  }
  const Datum several = sequence_datum(DatumKind::tuple, given.data(), given.size());
  Iteration items(given.size() == 1 ? given[0] : several, arena);
  if (items.length() == 0) {
    if (otherwise) return *otherwise;
    throw EvaluationError{fmt::format("there is nothing that {}() could take", signature.name),
                          fmt::format("say what an empty one gives: {}(..., default=...)", signature.name)};
  }
  spend_items(items.length());
  Datum best = items.at(0);
  for (size_t i = 1; i < items.length(); ++i) {
    const Datum item = items.at(i);
    if (compare(better, item, best)) best = item;
  }
  return best;
}

// Of anything that can be gone through, however long.
int64_t length_of(const Datum& iterable, Arena& arena) {
  if (iterable.is(DatumKind::range)) return iterable.range->length;
  return static_cast<int64_t>(Iteration(iterable, arena).length());
}

int64_t shortest_of(std::span<const Datum> iterables, bool strict, Arena& arena) {
  int64_t shortest = INT64_MAX;
  for (const Datum& iterable : iterables) {
    const int64_t length = length_of(iterable, arena);
    if (strict && shortest != INT64_MAX && length != shortest) {
      throw EvaluationError{
          fmt::format("zip() is strict, and its arguments have {} and {} items", shortest, length)};
    }
    shortest = std::min(shortest, length);
  }
  return shortest;
}

// Puts the first `count` items of an iterable into every `stride`-th place.
void fill_column(Datum* to, size_t count, size_t stride, const Datum& iterable, Arena& arena) {
  RangeParts parts;
  Datum part = iterable;
  if (iterable.is(DatumKind::range)) {
    parts = *iterable.range;
    parts.length = static_cast<int64_t>(count);
    part = range_datum(&parts);
  }
  Iteration items(part, arena);
  for (size_t i = 0; i < count; ++i) to[i * stride] = items.at(i);
}

// An iterator over tuples, each of `width` cells that stand in a row.
Datum tuples(const Datum* cells, size_t count, size_t width, Arena& arena) {
  Datum* to = room_for_items(arena, count);
  for (size_t i = 0; i < count; ++i) to[i] = sequence_datum(DatumKind::tuple, cells + i * width, width);
  return sequence_datum(DatumKind::iterator, to, count);
}

// Cells for so many tuples: more than one list may have.
Datum* room_for_cells(size_t count, size_t width, Arena& arena) {
  if (count > kMostItems) fail_for_many_items();
  check_arena(arena, count * width * sizeof(Datum));
  return arena.allocate_array<Datum>(count * width);
}

}  // namespace

Datum call_len(const Arguments& arguments) {
  const Datum& object = *bind(kLen, arguments)[0];
  switch (object.kind) {
    case DatumKind::text:
      return integer_datum(static_cast<int64_t>(count_characters(object.text())));
    case DatumKind::list:
    case DatumKind::tuple:
    case DatumKind::dict:
      return integer_datum(object.size);
    case DatumKind::range:
      return integer_datum(object.range->length);
    default:
      throw EvaluationError{fmt::format("'{}' has no length", type_name(object))};
  }
}

Datum call_min(const Arguments& arguments, Arena& arena) {
  return extreme(kMin, CompareOperator::less, arguments, arena);
}

Datum call_max(const Arguments& arguments, Arena& arena) {
  return extreme(kMax, CompareOperator::greater, arguments, arena);
}

Datum call_sorted(const Arguments& arguments, Arena& arena) {
  const auto [iterable, key, reverse] = bind(kSorted, arguments);
  refuse_key(kSorted, key);
  const bool backwards = reverse && integer_argument(kSorted, 2, *reverse) != 0;
  Iteration from(*iterable, arena);
  Datum* const items = room_for_items(arena, from.length());
  for (size_t i = 0; i < from.length(); ++i) items[i] = from.at(i);
  // As CPython does it: equal items keep their order.
  if (backwards) std::reverse(items, items + from.length());
  sort_items(items, from.length(), arena);
  if (backwards) std::reverse(items, items + from.length());
  return sequence_datum(DatumKind::list, items, from.length());
}

Datum call_range(const Arguments& arguments, Arena& arena) {
  const auto [first, second, third] = bind(kRange, arguments);
  if (!first) throw EvaluationError{"range() is missing its argument 'stop'"};
  if (!second) return make_range(0, integer_argument(kRange, 1, *first), 1, arena);
  const int64_t start = integer_argument(kRange, 0, *first);
  const int64_t stop = integer_argument(kRange, 1, *second);
  return make_range(start, stop, third ? integer_argument(kRange, 2, *third) : 1, arena);
}

Datum call_enumerate(const Arguments& arguments, Arena& arena) {
  const auto [iterable, start, none] = bind(kEnumerate, arguments);
  const int64_t first = start ? integer_argument(kEnumerate, 1, *start) : 0;
  const size_t count = static_cast<size_t>(length_of(*iterable, arena));
  int64_t end = 0;
  if (count > 0 && __builtin_add_overflow(first, static_cast<int64_t>(count) - 1, &end)) {
    fail_for_large_integer();
  }
  Datum* const cells = room_for_cells(count, 2, arena);
  for (size_t i = 0; i < count; ++i) cells[2 * i] = integer_datum(first + static_cast<int64_t>(i));
  fill_column(cells + 1, count, 2, *iterable, arena);
  return tuples(cells, count, 2, arena);
}

Datum call_zip(const Arguments& arguments, Arena& arena) {
  const Datum* strict = bind(kZip, {.positional = {}, .keywords = arguments.keywords})[0];
  const std::span<const Datum> iterables = arguments.positional;
  if (iterables.empty()) return sequence_datum(DatumKind::iterator, nullptr, 0);
  const size_t count = static_cast<size_t>(shortest_of(iterables, strict && truth(*strict), arena));
  Datum* const cells = room_for_cells(count, iterables.size(), arena);
  for (size_t i = 0; i < iterables.size(); ++i) {
    fill_column(cells + i, count, iterables.size(), iterables[i], arena);
  }
  return tuples(cells, count, iterables.size(), arena);
}

}  // namespace testloom::templating
