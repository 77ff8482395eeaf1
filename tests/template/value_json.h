// Values as JSON that Python's json module reads back as exactly them: floats keep their point, and nan and
// the infinities are written as it writes them.
#pragma once

#include <cmath>

#include <fmt/core.h>

#include "base/json_writer.h"
#include "testloom/template.h"

namespace testloom {

inline void write_json(JsonWriter& json, const Value& value) {
  struct Writer {
    JsonWriter& json;
    void operator()(std::monostate) { json.null(); }
    void operator()(bool truth) { json.value(truth); }
    void operator()(int64_t integer) { json.value(integer); }
    void operator()(double number) {
      std::string text = std::isnan(number)   ? "NaN"
                         : std::isinf(number) ? (number < 0 ? "-Infinity" : "Infinity")
                                              : fmt::format("{}", number);
      if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
      json.raw(text);
    }
    void operator()(const std::string& text) { json.value(text); }
    void operator()(const Value::List& items) {
      json.begin_array();
      for (const Value& item : items) write_json(json, item);
      json.end_array();
    }
    void operator()(const Value::Dict& entries) {
      json.begin_object();
      for (const auto& [key, held] : entries) write_json(json.key(key), held);
      json.end_object();
    }
  };
  std::visit(Writer{json}, value.data);
}

inline std::string to_json(const Value& value) {
  JsonWriter json;
  write_json(json, value);
  return json.take();
}

}  // namespace testloom
