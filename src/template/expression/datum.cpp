#include "template/expression/datum.h"

namespace testloom::templating {

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
