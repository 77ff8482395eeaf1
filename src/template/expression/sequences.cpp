#include "template/expression/sequences.h"

#include <algorithm>

#include "template/expression/room.h"

namespace testloom::templating {

namespace {

// Fills to[0, total) with repetitions of from[0, size): copies double as they go.
template <typename Item>
void fill(Item* to, const Item* from, size_t size, size_t total) {
  std::copy_n(from, size, to);
  for (size_t done = size; done < total;) {
    const size_t step = std::min(done, total - done);
    std::copy_n(to, step, to + done);
    done += step;
  }
}

}  // namespace

Datum concatenate(const Datum& left, const Datum& right, Arena& arena) {
  if (right.size == 0) return left;
  if (left.size == 0) return right;
  const size_t total = size_t{left.size} + right.size;
  if (left.is(DatumKind::text)) {
    char* to = room_for_text(arena, total);
    std::copy_n(left.bytes, left.size, to);
    std::copy_n(right.bytes, right.size, to + left.size);
    return text_datum({to, total});
  }
  Datum* to = room_for_items(arena, total);
  std::copy_n(left.items, left.size, to);
  std::copy_n(right.items, right.size, to + left.size);
  return sequence_datum(left.kind, to, total);
}

Datum repeat(const Datum& sequence, int64_t count, Arena& arena) {
  if (count == 1 || sequence.size == 0) return sequence;
  const bool text = sequence.is(DatumKind::text);
  if (count <= 0) {
    return text ? text_datum({sequence.bytes, 0}) : sequence_datum(sequence.kind, sequence.items, 0);
  }
  const size_t limit = text ? kMostTextBytes : kMostItems;
  if (static_cast<uint64_t>(count) > limit / sequence.size) {
    if (text) fail_for_long_text();
    fail_for_many_items();
  }
  const size_t total = sequence.size * static_cast<size_t>(count);
  if (text) {
    char* to = room_for_text(arena, total);
    fill<char>(to, sequence.bytes, sequence.size, total);
    return text_datum({to, total});
  }
  Datum* to = room_for_items(arena, total);
  fill<Datum>(to, sequence.items, sequence.size, total);
  return sequence_datum(sequence.kind, to, total);
}

}  // namespace testloom::templating
