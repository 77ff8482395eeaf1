#include "template/expression/keep.h"

#include <algorithm>

#include "template/expression/text_traits.h"

namespace testloom::templating {

namespace {

// Takes what the value needs off `room`; false when that is not enough.
bool take_room(const Datum& value, size_t& room) {
  const bool is_text = value.is(DatumKind::text), is_dict = value.is(DatumKind::dict);
  const bool has_items = value.kind >= DatumKind::list && value.kind != DatumKind::range;
  const size_t unit = is_text ? 1 : is_dict ? sizeof(DatumEntry) : has_items ? sizeof(Datum) : 0;
  if (value.size * unit > room) return false;
  room -= value.size * unit;
  if (is_dict) {
    return std::all_of(value.entries, value.entries + value.size, [&](const DatumEntry& entry) {
      return take_room(entry.key, room) && take_room(entry.value, room);
    });
  }
  return !has_items ||
         std::all_of(value.begin(), value.end(), [&](const Datum& item) { return take_room(item, room); });
}

}  // namespace

bool is_small(const Datum& value, size_t most_bytes) { return take_room(value, most_bytes); }

Datum keep(const Datum& value, Arena& arena) {
  Datum kept = value;
  switch (value.kind) {
    case DatumKind::text:
      kept.bytes = arena.copy(value.text()).data();
      kept.traits = byte_traits(kept.text());
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
