// A value while a template is rendered: one of Python's, with Python's meaning. Small, immutable and copied
// freely; what it points to stands in an Arena (or in the template itself) and is never owned.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace testloom::templating {

struct Datum;
struct DatumEntry;

// What range(start, stop, step) is; `length` is the number of its items.
struct RangeParts {
  int64_t start;
  int64_t stop;
  int64_t step;
  int64_t length;
};

enum class DatumKind : uint8_t {
  absent,    // no value was given
  none,      // None
  boolean,   // bool
  integer,   // int, 64 bits
  number,    // float
  text,      // str, UTF-8; counted and indexed by code points as in Python
  list,      // list
  tuple,     // tuple
  dict,      // dict, in the order of insertion
  range,     // range
  iterator,  // what enumerate() and zip() give: it can only be gone through, and is kept as a list of tuples
};

struct Datum {
  DatumKind kind = DatumKind::absent;
  bool traits_known = false;  // text: whether `traits` was worked out
  union {
    uint16_t traits = 0;  // text: see text_traits.h
    uint16_t nesting;     // list, tuple, dict, iterator: how deep those within it go, with itself
  };
  uint32_t size = 0;  // text: bytes; list, tuple, dict, iterator: items
  union {
    bool boolean;
    int64_t integer = 0;
    double number;
    const char* bytes;          // text; kReadableSlack bytes behind its end can be read
    const Datum* items;         // list, tuple, iterator
    const DatumEntry* entries;  // dict; no key twice
    const RangeParts* range;
  };

  bool is(DatumKind wanted) const { return kind == wanted; }
  std::string_view text() const { return {bytes, size}; }
  inline const Datum* begin() const { return items; }  // list, tuple, iterator
  inline const Datum* end() const;
};

struct DatumEntry {
  Datum key;
  Datum value;
};

inline const Datum* Datum::end() const { return items + size; }

inline Datum none_datum() {
  Datum datum;
  datum.kind = DatumKind::none;
  return datum;
}
inline Datum boolean_datum(bool truth) {
  Datum datum;
  datum.kind = DatumKind::boolean;
  datum.integer = 0;
  datum.boolean = truth;
  return datum;
}
inline Datum integer_datum(int64_t integer) {
  Datum datum;
  datum.kind = DatumKind::integer;
  datum.integer = integer;
  return datum;
}
inline Datum number_datum(double number) {
  Datum datum;
  datum.kind = DatumKind::number;
  datum.number = number;
  return datum;
}
// `text` must stand where kReadableSlack bytes behind it can be read, and outlive the datum.
inline Datum text_datum(std::string_view text) {
  Datum datum;
  datum.kind = DatumKind::text;
  datum.size = static_cast<uint32_t>(text.size());
  datum.bytes = text.data();
  return datum;
}
inline Datum range_datum(const RangeParts* range) {
  Datum datum;
  datum.kind = DatumKind::range;
  datum.range = range;
  return datum;
}

// Python's name of the type: "int", "str", "NoneType", ...
std::string_view type_name(const Datum& datum);

// Why an expression has no value: thrown by whatever evaluates, caught by the renderer, which knows the
// place.
struct EvaluationError {
  std::string message;
  std::string hint = {};
};

// Containers may be nested this deep, so that whatever goes through them may call itself. Those that go past
// it throw where they are made.
inline constexpr uint16_t kDeepestDatum = 200;
uint16_t nesting_around(const Datum* items, size_t count);

// `kind` is list, tuple or iterator; `items` must outlive the datum.
inline Datum sequence_datum(DatumKind kind, const Datum* items, size_t count) {
  Datum datum;
  datum.kind = kind;
  datum.nesting = nesting_around(items, count);
  datum.size = static_cast<uint32_t>(count);
  datum.items = items;
  return datum;
}
inline Datum dict_datum(const DatumEntry* entries, size_t count) {
  static_assert(sizeof(DatumEntry) == 2 * sizeof(Datum));
  Datum datum;
  datum.kind = DatumKind::dict;
  datum.nesting = nesting_around(reinterpret_cast<const Datum*>(entries), 2 * count);
  datum.size = static_cast<uint32_t>(count);
  datum.entries = entries;
  return datum;
}

// Limits of one evaluation; passing one is an EvaluationError.
inline constexpr size_t kMostItems = 1'000'000;     // in one list, tuple, dict or range that is gone through
inline constexpr size_t kMostTextBytes = 16 << 20;  // in one text
inline constexpr size_t kMostArenaBytes = 256 << 20;  // in all values of one render

}  // namespace testloom::templating
