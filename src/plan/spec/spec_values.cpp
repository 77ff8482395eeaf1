#include "plan/spec/spec_values.h"

#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "catalog/names.h"

namespace testloom {

namespace {

constexpr std::string_view kValueKinds = "values are integers, floats, texts and booleans";

// 1 and 1.0 are one value, 1 and "1" are two.
std::string identity(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value.data)) return "text " + *text;
  if (const auto* truth = std::get_if<bool>(&value.data)) return *truth ? "true" : "false";
  if (const auto* integer = std::get_if<int64_t>(&value.data)) return fmt::format("number {}", *integer);
  const double number = std::get<double>(value.data);
  const bool is_whole = std::trunc(number) == number && std::abs(number) < 9.2e18;
  return is_whole ? fmt::format("number {}", static_cast<int64_t>(number)) : fmt::format("number {}", number);
}

bool is_integer(const Value& value) { return std::holds_alternative<int64_t>(value.data); }
bool is_number(const Value& value) { return std::holds_alternative<double>(value.data); }

// All values of an axis are of the type of the first.
void check_one_type(SpecReader& reader, const PlacedValues& read, std::string_view name) {
  for (size_t i = 1; i < read.values.size(); ++i) {
    const Value &first = read.values.front(), &odd = read.values[i];
    if (first.data.index() == odd.data.index()) continue;
    const bool numbers = (is_integer(first) && is_number(odd)) || (is_number(first) && is_integer(odd));
    const size_t at = numbers && is_integer(first) ? 0 : i;  // the integer is what is likely meant otherwise
    reader.refuse(
        read.places[at],
        fmt::format("{} mixes {}s with {}s: this is a{} {}", quote(name, 60), value_word(first),
                    value_word(odd), is_integer(read.values[at]) ? "n" : "", value_word(read.values[at])),
        numbers ? fmt::format("write {}.0 for a float", std::get<int64_t>(read.values[at].data))
                : "all values of an axis are of one type");
    return;
  }
}

}  // namespace

std::string_view value_word(const Value& value) {
  if (is_integer(value)) return "integer";
  if (is_number(value)) return "float";
  return std::holds_alternative<bool>(value.data) ? "boolean" : "text";
}

std::optional<Value> read_value(SpecReader& reader, const TomlNode& node, std::string_view axis) {
  const std::string name = quote(axis, 60);
  switch (node.kind) {
    case TomlKind::list:
    case TomlKind::table:
      reader.refuse(node.place, fmt::format("{} is no value of {}", kind_words(node.kind), name),
                    std::string(kValueKinds));
      return std::nullopt;
    case TomlKind::date:
      reader.refuse(node.place, fmt::format("a date or time is no value of {}", name), "put it in quotes");
      return std::nullopt;
    case TomlKind::number:
      if (std::isfinite(node.number())) return node.scalar;
      reader.refuse(node.place, fmt::format("{} is no value of {}", node.number(), name),
                    "numbers are finite; put it in quotes for a text");
      return std::nullopt;
    case TomlKind::text:
      if (!reader.passes(node.place, [&] { check_text(node.text(), fmt::format("this value of {}", name)); }))
        return std::nullopt;
      return node.scalar;
    case TomlKind::integer:
    case TomlKind::boolean:
      break;
  }
  return node.scalar;
}

PlacedValues read_values(SpecReader& reader, const TomlEntry& entry, bool may_repeat) {
  PlacedValues read;
  if (entry.value.is(TomlKind::table)) {
    read.values = read_range(reader, entry.value, entry.key);
    read.places.assign(read.values.size(), entry.value.place);
    read.complete = !read.values.empty();
    return read;
  }
  std::map<std::string, std::string> seen;  // with how it was shown
  for (const TomlNode& item :
       reader.list(entry, "a list of values or a range", "[1, 2]",
                   {TomlKind::text, TomlKind::integer, TomlKind::number, TomlKind::boolean})) {
    std::optional<Value> value = read_value(reader, item, entry.key);
    if (value && !may_repeat) {
      const std::string shown = shown_value(*value);
      const auto [first, is_new] = seen.try_emplace(identity(*value), shown);
      if (!is_new) {
        reader.refuse(item.place,
                      fmt::format("{} stands twice in {}{}", shown, quote(entry.key, 60),
                                  first->second == shown ? "" : ": it equals " + first->second),
                      "write each value once");
        value.reset();
      }
    }
    if (!value) {
      read.complete = false;
      continue;
    }
    read.values.push_back(std::move(*value));
    read.places.push_back(item.place);
  }
  read.complete = read.complete && !read.values.empty();
  check_one_type(reader, read, entry.key);
  return read;
}

std::vector<int64_t> read_batch_sizes(SpecReader& reader, const TomlEntry& entry) {
  std::vector<int64_t> batch_sizes;
  std::set<int64_t> seen;
  const auto add = [&](int64_t batch_size, const SpecPlace& place) {
    if (batch_size < 1) {
      reader.refuse(place, fmt::format("batch size {} is less than 1", batch_size),
                    "a batch holds at least one");
    } else if (!seen.insert(batch_size).second) {
      reader.refuse(place, fmt::format("batch size {} stands twice in '{}'", batch_size, entry.key),
                    "write each once");
    } else {
      batch_sizes.push_back(batch_size);
    }
    return batch_size >= 1;
  };
  if (entry.value.is(TomlKind::table)) {
    for (const Value& value : read_range(reader, entry.value, entry.key)) {
      if (!is_integer(value)) {
        reader.refuse(entry.value.place, "batch sizes are integers, not floats", "write range = [1, 64]");
        break;
      }
      if (!add(std::get<int64_t>(value.data), entry.value.place)) break;
    }
    return batch_sizes;
  }
  for (const TomlNode& item : reader.list(entry, "a list of integers", "[1, 4]", {TomlKind::integer})) {
    if (item.is(TomlKind::integer)) {
      add(item.integer(), item.place);
    } else {
      reader.refuse_kind(item, fmt::format("a value of '{}'", entry.key), "an integer",
                         "write it as 1, 4 or 16");
    }
  }
  return batch_sizes;
}

}  // namespace testloom
