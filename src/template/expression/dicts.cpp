#include "template/expression/dicts.h"

#include <algorithm>
#include <bit>
#include <span>
#include <vector>

#include <fmt/core.h>

#include "base/text.h"
#include "template/expression/numbers.h"
#include "template/expression/operations.h"
#include "template/expression/room.h"

namespace testloom::templating {

namespace {

// Up to here, looking at each key is faster than an index of them.
constexpr size_t kFewKeys = 8;

uint64_t mixed(uint64_t hash, uint64_t more) {
  hash = (hash ^ more) * 0x9E3779B97F4A7C15;
  return hash ^ (hash >> 29);
}

uint64_t hash_of(const Datum& key);

uint64_t number_hash(double number) {
  const bool whole = fits_integer(number) && std::trunc(number) == number;
  return mixed(1,
               whole ? static_cast<uint64_t>(static_cast<int64_t>(number)) : std::bit_cast<uint64_t>(number));
}

uint64_t range_hash(const RangeParts& range) {
  uint64_t hash = mixed(5, static_cast<uint64_t>(range.length));
  if (range.length > 0) hash = mixed(hash, static_cast<uint64_t>(range.start));
  if (range.length > 1) hash = mixed(hash, static_cast<uint64_t>(range.step));
  return hash;
}

// The same for equal keys; of a hashable key.
uint64_t hash_of(const Datum& key) {
  if (is_integer(key)) return mixed(1, static_cast<uint64_t>(as_integer(key)));
  if (key.is(DatumKind::number)) return number_hash(key.number);
  spend(key.size);
  if (key.is(DatumKind::text)) return mixed(2, stable_hash(key.text()));
  if (key.is(DatumKind::range)) return range_hash(*key.range);
  uint64_t hash = 3;
  if (key.is(DatumKind::tuple)) {
    for (const Datum& item : key) hash = mixed(hash, hash_of(item));
  }
  return hash;
}

// Finds entries by their keys: open addressing, in slots that the caller provides.
class KeyIndex {
 public:
  static size_t slots_for(size_t entries) { return std::bit_ceil(entries * 2); }

  explicit KeyIndex(std::span<uint32_t> slots) : slots_(slots) {
    std::fill(slots.begin(), slots.end(), kFree);
  }

  // The number of the entry with an equal key. Where there is none, `number` is noted as that of this key.
  uint32_t find_or_add(const DatumEntry* entries, const Datum& key, uint32_t number) {
    uint32_t& slot = slot_of(entries, key);
    if (slot == kFree) slot = number;
    return slot;
  }

  const DatumEntry* find(const DatumEntry* entries, const Datum& key) {
    const uint32_t slot = slot_of(entries, key);
    return slot == kFree ? nullptr : entries + slot;
  }

 private:
  static constexpr uint32_t kFree = UINT32_MAX;

  uint32_t& slot_of(const DatumEntry* entries, const Datum& key) {
    const size_t mask = slots_.size() - 1;
    size_t at = hash_of(key) & mask;
    while (slots_[at] != kFree && !equal(entries[slots_[at]].key, key)) at = (at + 1) & mask;
    return slots_[at];
  }

  std::span<uint32_t> slots_;
};

const DatumEntry* find_entry(const DatumEntry* entries, size_t count, const Datum& key) {
  const auto found =
      std::find_if(entries, entries + count, [&](const DatumEntry& entry) { return equal(entry.key, key); });
  return found == entries + count ? nullptr : found;
}

size_t fill_few(DatumEntry* to, const DatumEntry* entries, size_t count) {
  size_t filled = 0;
  for (size_t i = 0; i < count; ++i) {
    const DatumEntry* known = find_entry(to, filled, entries[i].key);
    if (known) {
      to[known - to].value = entries[i].value;
    } else {
      to[filled++] = entries[i];
    }
  }
  return filled;
}

size_t fill_many(DatumEntry* to, const DatumEntry* entries, size_t count, Arena& arena) {
  const size_t slots = KeyIndex::slots_for(count);
  check_arena(arena, slots * sizeof(uint32_t));
  KeyIndex index({arena.allocate_array<uint32_t>(slots), slots});
  uint32_t filled = 0;
  for (size_t i = 0; i < count; ++i) {
    const uint32_t number = index.find_or_add(to, entries[i].key, filled);
    if (number == filled) {
      to[filled++] = entries[i];
    } else {
      to[number].value = entries[i].value;
    }
  }
  return filled;
}

}  // namespace

void require_hashable(const Datum& key) {
  spend(16);
  if (key.is(DatumKind::list) || key.is(DatumKind::dict) || key.is(DatumKind::iterator)) {
    throw EvaluationError{fmt::format("'{}' cannot be the key of a dict", type_name(key)),
                          key.is(DatumKind::list) ? "a tuple can be one" : ""};
  }
  if (key.is(DatumKind::tuple)) std::for_each(key.begin(), key.end(), require_hashable);
}

Datum make_dict(const DatumEntry* entries, size_t count, Arena& arena) {
  for (size_t i = 0; i < count; ++i) require_hashable(entries[i].key);
  DatumEntry* to = room_for_items<DatumEntry>(arena, count);
  return dict_datum(to,
                    count <= kFewKeys ? fill_few(to, entries, count) : fill_many(to, entries, count, arena));
}

const Datum* find_key(const Datum& dict, std::string_view key) {
  spend_items(dict.size);
  for (const DatumEntry& entry : std::span(dict.entries, dict.size)) {
    if (entry.key.is(DatumKind::text) && entry.key.text() == key) return &entry.value;
  }
  return nullptr;
}

const Datum* find_value(const Datum& dict, const Datum& key) {
  if (key.is(DatumKind::text)) return find_key(dict, key.text());
  require_hashable(key);
  spend_items(dict.size);
  const DatumEntry* entry = find_entry(dict.entries, dict.size, key);
  return entry ? &entry->value : nullptr;
}

bool equal_dicts(const Datum& left, const Datum& right) {
  if (left.size != right.size) return false;
  if (left.entries == right.entries) return true;
  const size_t count = left.size;
  spend_items(2 * count);
  const DatumEntry *a = left.entries, *b = right.entries;
  size_t same = 0;  // as long as both have their keys in one order, no search is needed
  while (same < count && equal(a[same].key, b[same].key)) ++same;
  for (size_t i = 0; i < same; ++i) {
    if (!equal(a[i].value, b[i].value)) return false;
  }
  if (same == count) return true;
  std::vector<uint32_t> slots(KeyIndex::slots_for(count - same));
  KeyIndex index(slots);
  for (size_t i = same; i < count; ++i) index.find_or_add(b, b[i].key, static_cast<uint32_t>(i));
  return std::all_of(a + same, a + count, [&](const DatumEntry& entry) {
    const DatumEntry* other = index.find(b, entry.key);
    return other && equal(entry.value, other->value);
  });
}

}  // namespace testloom::templating
