// Ranges: making them, and their items.
#pragma once

#include "template/expression/arena.h"
#include "template/expression/datum.h"

namespace testloom::templating {

// range(start, stop, step). Throws for a step of 0 and for more items than 64 bits can count.
Datum make_range(int64_t start, int64_t stop, int64_t step, Arena& arena);

// The item at `index` < range.length.
inline Datum range_item(const RangeParts& range, int64_t index) {
  const uint64_t distance = static_cast<uint64_t>(index) * static_cast<uint64_t>(range.step);
  return integer_datum(static_cast<int64_t>(static_cast<uint64_t>(range.start) + distance));
}

}  // namespace testloom::templating
