#include "template/expression/ranges.h"

#include "template/expression/room.h"

namespace testloom::templating {

Datum make_range(int64_t start, int64_t stop, int64_t step, Arena& arena) {
  if (step == 0) throw EvaluationError{"the step of a range cannot be 0"};
  uint64_t length = 0;
  if (step > 0 ? start < stop : start > stop) {
    const uint64_t from = static_cast<uint64_t>(step > 0 ? start : stop);
    const uint64_t distance = static_cast<uint64_t>(step > 0 ? stop : start) - from;
    const uint64_t stride = step > 0 ? static_cast<uint64_t>(step) : 0 - static_cast<uint64_t>(step);
    length = (distance - 1) / stride + 1;
  }
  if (length > INT64_MAX) fail_for_large_integer();
  check_arena(arena, sizeof(RangeParts));
  RangeParts* range = arena.allocate_array<RangeParts>(1);
  *range = {start, stop, step, static_cast<int64_t>(length)};
  return range_datum(range);
}

}  // namespace testloom::templating
