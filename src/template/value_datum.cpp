#include "template/value_datum.h"

#include <fmt/core.h>

#include "base/text.h"
#include "template/expression/operations.h"
#include "template/expression/text_traits.h"

namespace testloom::templating {

namespace {

class Converter {
 public:
  Converter(std::string_view name, Arena& arena) : name_(name), arena_(arena) {}

  Datum convert(const Value& value) {
    return std::visit([this](const auto& held) { return convert_held(held); }, value.data);
  }

 private:
  Datum convert_held(std::monostate) { return none_datum(); }
  Datum convert_held(bool truth) { return boolean_datum(truth); }
  Datum convert_held(int64_t integer) { return integer_datum(integer); }
  Datum convert_held(double number) { return number_datum(number); }

  Datum convert_held(const std::string& text) {
    if (!is_utf8(text)) {
      throw Error(ErrorKind::usage, fmt::format("the value of '{}' is not UTF-8", name_));
    }
    if (text.size() > kMostTextBytes) {
      throw Error(ErrorKind::usage,
                  fmt::format("the value of '{}' is longer than {} bytes", name_, kMostTextBytes));
    }
    Datum datum = text_datum(arena_.copy(text));
    datum.traits = byte_traits(datum.text());
    datum.traits_known = true;
    return datum;
  }

  void enter() {
    if (++depth_ > kDeepestValue) {
      throw Error(ErrorKind::usage,
                  fmt::format("the value of '{}' is nested more than {} deep", name_, kDeepestValue));
    }
  }

  Datum convert_held(const Value::List& list) {
    enter();
    Datum* items = arena_.allocate_array<Datum>(list.size());
    for (size_t i = 0; i < list.size(); ++i) items[i] = convert(list[i]);
    --depth_;
    return sequence_datum(DatumKind::list, items, list.size());
  }

  Datum convert_held(const Value::Dict& dict) {
    enter();
    DatumEntry* entries = arena_.allocate_array<DatumEntry>(dict.size());
    for (size_t i = 0; i < dict.size(); ++i) {
      entries[i].key = convert_held(dict[i].first);
      entries[i].value = convert(dict[i].second);
    }
    --depth_;
    return make_dict(entries, dict.size(), arena_);
  }

  std::string_view name_;
  Arena& arena_;
  int depth_ = 0;
};

}  // namespace

Datum to_datum(const Value& value, std::string_view name, Arena& arena) {
  return Converter(name, arena).convert(value);
}

Value to_value(const Datum& datum) {
  switch (datum.kind) {
    case DatumKind::boolean:
      return datum.boolean;
    case DatumKind::integer:
      return datum.integer;
    case DatumKind::number:
      return datum.number;
    case DatumKind::text:
      return datum.text();
    case DatumKind::list:
    case DatumKind::tuple: {
      Value::List items;
      for (const Datum& item : datum) items.push_back(to_value(item));
      return items;
    }
    case DatumKind::dict: {
      Value::Dict entries;
      for (uint32_t i = 0; i < datum.size; ++i) {
        const Datum& key = datum.entries[i].key;
        if (key.is(DatumKind::text))
          entries.emplace_back(std::string(key.text()), to_value(datum.entries[i].value));
      }
      return entries;
    }
    default:
      return {};
  }
}

}  // namespace testloom::templating
