#include "template/expression/datum.h"

#include <algorithm>

#include <fmt/core.h>

#include "template/expression/work.h"

namespace testloom::templating {

uint16_t nesting_around(const Datum* items, size_t count) {
  spend_items(count);
  uint16_t deepest = 0;
  for (const Datum* item = items; item != items + count; ++item) {
    const bool contains = item->kind >= DatumKind::list && item->kind != DatumKind::range;
    if (contains) deepest = std::max(deepest, item->nesting);
  }
  if (deepest >= kDeepestDatum) {
    throw EvaluationError{fmt::format("this value is nested more than {} deep", kDeepestDatum)};
  }
  return static_cast<uint16_t>(deepest + 1);
}

std::string_view type_name(const Datum& datum) {
  switch (datum.kind) {
    case DatumKind::absent:
      return "absent value";
    case DatumKind::none:
      return "NoneType";
    case DatumKind::boolean:
      return "bool";
    case DatumKind::integer:
      return "int";
    case DatumKind::number:
      return "float";
    case DatumKind::text:
      return "str";
    case DatumKind::list:
      return "list";
    case DatumKind::tuple:
      return "tuple";
    case DatumKind::dict:
      return "dict";
    case DatumKind::range:
      return "range";
    case DatumKind::iterator:
      return "iterator";
  }
  return {};
}

}  // namespace testloom::templating
