// Data as numbers: bool is an int, as in Python.
#pragma once

#include <cmath>

#include "template/expression/datum.h"

namespace testloom::templating {

inline bool is_integer(const Datum& datum) {
  return datum.kind == DatumKind::integer || datum.kind == DatumKind::boolean;
}
inline bool is_numeric(const Datum& datum) { return is_integer(datum) || datum.kind == DatumKind::number; }

// Of an is_integer() datum.
inline int64_t as_integer(const Datum& datum) {
  return datum.kind == DatumKind::boolean ? datum.boolean : datum.integer;
}
// Of an is_numeric() datum.
inline double as_number(const Datum& datum) {
  return datum.kind == DatumKind::number ? datum.number : static_cast<double>(as_integer(datum));
}

// Whether the whole part of `number` is an integer of 64 bits.
inline bool fits_integer(double number) { return number >= -0x1p63 && number < 0x1p63; }

}  // namespace testloom::templating
