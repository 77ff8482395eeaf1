// The values of axes as a spec writes them: a list, or a range with a step.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plan/spec/spec_reader.h"

namespace testloom {

// One value of an axis: an integer, a finite number, a text or a boolean.
std::optional<Value> read_value(SpecReader& reader, const TomlNode& node, std::string_view axis);

// Of what type a value of an axis is: "integer", "float", "text" or "boolean".
std::string_view value_word(const Value& value);

// What {range = [128, 2048], step = "x2"} stands for; nothing where there is a mistake in it. `name` is that
// of the axis. Numbers are decimal: {range = [0.1, 0.3], step = 0.1} ends with 0.3.
std::vector<Value> read_range(SpecReader& reader, const TomlNode& table, std::string_view name);

struct PlacedValues {
  std::vector<Value> values;
  std::vector<SpecPlace> places;  // one each
  bool complete = true;           // nothing was left out for a mistake
};

// A list or a range: values of one type, none of which stands twice unless `may_repeat`.
PlacedValues read_values(SpecReader& reader, const TomlEntry& entry, bool may_repeat);

// A list or a range of integers from 1, none twice.
std::vector<int64_t> read_batch_sizes(SpecReader& reader, const TomlEntry& entry);

}  // namespace testloom
