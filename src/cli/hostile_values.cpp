#include "cli/hostile_values.h"

#include <cstdint>

namespace testloom::cli {

namespace {

using namespace std::string_literals;

const std::vector<std::string>& texts() {
  static const std::vector<std::string> all = {
      // quotes, backslashes, ends of lines
      "", " ", "'", "\"", "'''", "\"\"\"", "a'b\"c", "\\", "a\\", "\\'", "\\\"", "\\n", "\n", "\r", "\r\n",
      "a\nb", "\n    import os\n", "\\\n", "\"; import os; \"", "'); import os; ('", "):\n    pass\n",
      // what does not print, and what looks like something else
      "\t", "\x0c", "\x1b[31m", "\0"s, "a\0b"s, "\u0085", "\u00a0", "\u2028", "\ufeff", "\u202e evil",
      // braces, dollars, escapes
      "${x}", "$", "{", "}", "{}", "{{", "{x!r}", "%s", "N{DASH}", "x\\N{DASH}", "\\x41", "101",
      // comments
      "#", "a # b", "coding: utf-7", "-*- coding: latin-1 -*-", "ing: utf-7", "oding", ": utf-7",
      "type: ignore", " type: int", "pe:",
      // names, words and numbers
      "def", "None", "True", "match", "__debug__", "_", "a-b", "a_b", "a.b", "A", "1a", "1", "-1", "1e5",
      "rb", "f",
      // letters of other scripts
      "ﬁ", "ª", "ü", "e\u0301", "日本語", "😀", "\U0010ffff"};
  return all;
}

constexpr int64_t kIntegers[] = {0, 1, -1, 9, 10, -10, 1 << 30, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
constexpr double kNumbers[] = {0.0, -0.0, -1.5, 0.1, 1e16, 1e-7, -1e300, 1.7976931348623157e308, 5e-324};

// Harmless values are rare enough to be found again in a text.
constexpr std::string_view kPlainText = "zqplain";
constexpr std::string_view kOtherText = "zqother";

template <typename Wrap>
HostileSet set_of_texts(Wrap wrap) {
  HostileSet set{wrap(std::string(kPlainText)), wrap(std::string(kOtherText)), {}};
  for (const std::string& text : texts()) set.hostile.push_back(wrap(text));
  return set;
}

HostileSet plain_texts() {
  return set_of_texts([](const std::string& text) { return HostileValue{Value(text), ""}; });
}
HostileSet lists() {
  return set_of_texts([](const std::string& text) {
    return HostileValue{Value(Value::List{Value(text)}), text};
  });
}
HostileSet dicts() {
  return set_of_texts([](const std::string& text) {
    return HostileValue{Value(Value::Dict{{text, Value(text)}}), text};
  });
}

HostileSet integers() {
  HostileSet set{{Value(714041), ""}, {Value(714043), ""}, {}};
  for (const int64_t integer : kIntegers) set.hostile.push_back({Value(integer), ""});
  return set;
}

HostileSet numbers() {
  HostileSet set{{Value(714041.25), ""}, {Value(714043.25), ""}, {}};
  for (const double number : kNumbers) set.hostile.push_back({Value(number), ""});
  return set;
}

HostileSet booleans() { return {{Value(true), ""}, {Value(false), ""}, {{Value(false), ""}}}; }

}  // namespace

std::vector<HostileSet> hostile_sets(ValueType type, bool as_name) {
  switch (type) {
    case ValueType::none:
      return {};
    case ValueType::integer:
      return {integers()};
    case ValueType::number:
      return {as_name ? integers() : numbers()};
    case ValueType::boolean:
      return {booleans()};
    case ValueType::text:
      return {plain_texts()};
    case ValueType::any:
      if (as_name) return {plain_texts(), integers()};
      return {plain_texts(), integers(), numbers(), booleans(), lists(), dicts()};
    case ValueType::dict:
      return {as_name ? plain_texts() : dicts()};
    default:
      return {as_name ? plain_texts() : lists()};
  }
}

}  // namespace testloom::cli
