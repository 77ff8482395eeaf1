// Writes one JSON value in ASCII, piece by piece, with commas put where they belong. The order of calls is
// the caller's duty (a key before each value of an object, every begin has its end).
//
//   JsonWriter json;
//   json.begin_object().member("tests", int64_t{4}).key("hardware_types").begin_array();
//   json.value("cpu").end_array().end_object();
//   json.text()   // {"tests": 4, "hardware_types": ["cpu"]}
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace testloom {

class JsonWriter {
 public:
  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);

  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(int64_t number);
  JsonWriter& value(int number) { return value(static_cast<int64_t>(number)); }
  JsonWriter& value(uint64_t number);
  JsonWriter& value(double number);  // NaN and infinities as strings
  JsonWriter& value(bool truth);
  JsonWriter& null();
  // A text that is JSON already.
  JsonWriter& raw(std::string_view json);

  template <typename T>
  JsonWriter& member(std::string_view name, const T& content) {
    key(name);
    return value(content);
  }
  template <typename T>
  JsonWriter& member(std::string_view name, const std::optional<T>& content) {
    key(name);
    return content ? value(*content) : null();
  }

  const std::string& text() const { return text_; }
  std::string take() { return std::move(text_); }

 private:
  void separate();

  std::string text_;
  bool first_ = true;  // nothing written in the innermost object or array yet
  bool after_key_ = false;
};

}  // namespace testloom
