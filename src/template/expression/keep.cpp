#include "template/expression/keep.h"

#include "template/expression/text_traits.h"

namespace testloom::templating {

Datum keep(const Datum& value, Arena& arena) {
  Datum kept = value;
  switch (value.kind) {
    case DatumKind::text:
      kept.bytes = arena.copy(value.text()).data();
      kept.traits = byte_traits(value.text());
      kept.traits_known = true;
      break;
    case DatumKind::list:
    case DatumKind::tuple:
    case DatumKind::iterator: {
      Datum* items = arena.allocate_array<Datum>(value.size);
      for (uint32_t i = 0; i < value.size; ++i) items[i] = keep(value.items[i], arena);
      kept.items = items;
      break;
    }
    case DatumKind::dict: {
      DatumEntry* entries = arena.allocate_array<DatumEntry>(value.size);
      for (uint32_t i = 0; i < value.size; ++i) {
        entries[i] = {keep(value.entries[i].key, arena), keep(value.entries[i].value, arena)};
      }
      kept.entries = entries;
      break;
    }
    case DatumKind::range: {
      RangeParts* parts = arena.allocate_array<RangeParts>(1);
      *parts = *value.range;
      kept.range = parts;
      break;
    }
    default:
      break;
  }
  return kept;
}

}  // namespace testloom::templating
