// Texts, lists and tuples put together: the + and * of what is gone through by index.
#pragma once

#include "template/expression/arena.h"
#include "template/expression/datum.h"

namespace testloom::templating {

inline bool is_sequence(const Datum& datum) {
  return datum.kind == DatumKind::text || datum.kind == DatumKind::list || datum.kind == DatumKind::tuple;
}

// Of two sequences of one kind.
Datum concatenate(const Datum& left, const Datum& right, Arena& arena);
// `sequence` this many times in a row; none for a negative count.
Datum repeat(const Datum& sequence, int64_t count, Arena& arena);

}  // namespace testloom::templating
