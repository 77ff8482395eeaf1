#include "template/expression/sorting.h"

#include <algorithm>

#include "template/expression/operations.h"
#include "template/expression/room.h"

namespace testloom::templating {

namespace {

constexpr size_t kSingleRun = 64;  // from here on, runs are merged
constexpr size_t kRun = 32;

bool less(const Datum& left, const Datum& right) { return compare(CompareOperator::less, left, right); }

// How many items at the beginning are in order; a falling run is turned around. count > 0.
size_t take_run(Datum* items, size_t count) {
  if (count == 1) return 1;
  size_t run = 2;
  if (less(items[1], items[0])) {
    while (run < count && less(items[run], items[run - 1])) ++run;
    std::reverse(items, items + run);
  } else {
    while (run < count && !less(items[run], items[run - 1])) ++run;
  }
  return run;
}

// Sorts items of which the first `sorted` are in order.
void insert_rest(Datum* items, size_t sorted, size_t count) {
  for (; sorted < count; ++sorted) {
    const Datum item = items[sorted];
    size_t low = 0, high = sorted;
    while (low < high) {
      const size_t middle = low + (high - low) / 2;
      if (less(item, items[middle])) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    std::copy_backward(items + low, items + sorted, items + sorted + 1);
    items[low] = item;
  }
}

// Merges [from, middle) and [middle, end) into `to`.
void merge(const Datum* from, const Datum* middle, const Datum* end, Datum* to) {
  if (middle == end || !less(*middle, *(middle - 1))) {
    std::copy(from, end, to);
    return;
  }
  std::merge(from, middle, middle, end, to, less);
}

}  // namespace

void sort_items(Datum* items, size_t count, Arena& arena) {
  if (count < 2) return;
  const size_t run = take_run(items, count);
  if (run == count) return;
  if (count < kSingleRun) return insert_rest(items, run, count);
  for (size_t at = 0; at < count; at += kRun) {
    const size_t length = std::min(kRun, count - at);
    insert_rest(items + at, take_run(items + at, length), length);
  }
  Datum* from = items;
  Datum* to = room_for_items(arena, count);
  for (size_t width = kRun; width < count; width *= 2) {
    for (size_t at = 0; at < count; at += 2 * width) {
      merge(from + at, from + std::min(at + width, count), from + std::min(at + 2 * width, count), to + at);
    }
    std::swap(from, to);
  }
  if (from != items) std::copy_n(from, count, items);
}

}  // namespace testloom::templating
