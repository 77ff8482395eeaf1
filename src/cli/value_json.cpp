#include "cli/value_json.h"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <unordered_map>

#include <fmt/format.h>

#include "base/text.h"

namespace testloom::cli {

namespace json = boost::json;

namespace {

constexpr size_t kDeepestJson = 200;  // what a template takes is less deep, and is told with the value's name

// The double that is nearest to a number's text; nothing past the largest.
std::optional<double> exact_double(const std::string& digits) {
  double number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error == std::errc()) return number;
  number = std::strtod(digits.c_str(), nullptr);  // tells too small, which is as good as 0, from too large
  return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

// Leaves the last value of each key, at the place of the first, as Python does.
void drop_doubles(Value::Dict& dict) {
  constexpr size_t kFew = 12;
  size_t kept = 0;
  std::unordered_map<std::string, size_t> seen;
  const auto find = [&](const std::string& key) {
    if (dict.size() > kFew) return seen.emplace(key, kept).first->second;
    size_t at = 0;
    while (at < kept && dict[at].first != key) ++at;
    return at;
  };
  for (size_t i = 0; i < dict.size(); ++i) {
    const size_t at = find(dict[i].first);
    if (at == i) {
      ++kept;
    } else if (at < kept) {
      dict[at].second = std::move(dict[i].second);
    } else {
      dict[kept++] = std::move(dict[i]);
    }
  }
  dict.resize(kept);
}

// What the parser calls: builds the value from the inside out.
class Builder {
 public:
  static constexpr size_t max_object_size = static_cast<size_t>(-1);
  static constexpr size_t max_array_size = static_cast<size_t>(-1);
  static constexpr size_t max_key_size = static_cast<size_t>(-1);
  static constexpr size_t max_string_size = static_cast<size_t>(-1);

  using Code = json::error_code;

  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_array_begin(Code&) { return open(Value::List{}); }
  bool on_array_end(size_t, Code&) { return close(); }
  bool on_object_begin(Code&) { return open(Value::Dict{}); }
  bool on_object_end(size_t, Code&) {
    drop_doubles(std::get<Value::Dict>(open_.back().data));
    return close();
  }
  bool on_key_part(json::string_view part, size_t, Code&) { return append(part); }
  bool on_key(json::string_view part, size_t, Code&) {
    append(part);
    std::get<Value::Dict>(open_.back().data).emplace_back(std::move(text_), Value());
    text_.clear();
    return true;
  }
  bool on_string_part(json::string_view part, size_t, Code&) { return append(part); }
  bool on_string(json::string_view part, size_t, Code&) {
    append(part);
    put(Value(std::move(text_)));
    text_.clear();
    return true;
  }
  bool on_number_part(json::string_view part, Code&) { return append(part); }
  bool on_int64(int64_t number, json::string_view, Code&) {
    text_.clear();
    return put(Value(number));
  }
  bool on_uint64(uint64_t number, json::string_view part, Code& code) {
    if (number <= static_cast<uint64_t>(INT64_MAX)) return on_int64(static_cast<int64_t>(number), part, code);
    append(part);
    return refuse(code, "is past the integers of 64 bits");
  }
  bool on_double(double, json::string_view part, Code& code) {
    append(part);
    if (text_.find_first_of(".eE") == std::string::npos)
      return refuse(code, "is past the integers of 64 bits");
    const std::optional<double> number = exact_double(text_);
    if (!number) return refuse(code, "is past the largest number");
    text_.clear();
    return put(Value(*number));
  }
  bool on_bool(bool truth, Code&) { return put(Value(truth)); }
  bool on_null(Code&) { return put(Value()); }
  bool on_comment_part(json::string_view, Code&) { return true; }
  bool on_comment(json::string_view, Code&) { return true; }

  Value take() { return std::move(whole_); }
  const std::string& refusal() const { return refusal_; }

 private:
  bool append(json::string_view part) {
    text_.append(part.data(), part.size());
    return true;
  }

  bool refuse(Code& code, std::string_view why) {
    refusal_ = fmt::format("{} {}", one_line(text_, 60), why);
    code = json::make_error_code(json::error::test_failure);
    return false;
  }

  bool put(Value value) {
    if (open_.empty()) {
      whole_ = std::move(value);
    } else if (auto* list = std::get_if<Value::List>(&open_.back().data)) {
      list->push_back(std::move(value));
    } else {
      std::get<Value::Dict>(open_.back().data).back().second = std::move(value);
    }
    return true;
  }

  bool open(Value container) {
    open_.push_back(std::move(container));
    return true;
  }

  bool close() {
    Value done = std::move(open_.back());
    open_.pop_back();
    return put(std::move(done));
  }

  std::vector<Value> open_;
  std::string text_;
  Value whole_;
  std::string refusal_;
};

// Whether \uD800 to \uDFFF stands before `at`.
bool is_behind_surrogate(std::string_view text, size_t at) {
  constexpr size_t kLength = 6;
  if (at < kLength || at > text.size()) return false;
  const std::string_view escape = text.substr(at - kLength, kLength);
  return escape.starts_with("\\ud") || escape.starts_with("\\uD");
}

std::string reason_of(const json::error_code& code, std::string_view text, size_t at) {
  if (!is_utf8(text)) return "it is not UTF-8";
  if (code == json::error::syntax && is_behind_surrogate(text, at))
    return "half of a surrogate pair is no character";
  switch (static_cast<json::error>(code.value())) {
    case json::error::incomplete:
      return "it ends too early";
    case json::error::extra_data:
      return "something follows it";
    case json::error::too_deep:
      return fmt::format("it is nested more than {} deep", kDeepestJson);
    case json::error::illegal_leading_surrogate:
    case json::error::illegal_trailing_surrogate:
    case json::error::expected_utf16_escape:
      return "half of a surrogate pair is no character";
    case json::error::expected_hex_digit:
      return "\\u lacks a hexadecimal digit";
    case json::error::exponent_overflow:
      return "the number's exponent is too large";
    default:
      return code.message();
  }
}

}  // namespace

Value parse_json(std::string_view text) {
  json::parse_options options;
  options.max_depth = kDeepestJson;
  json::basic_parser<Builder> parser(options);
  json::error_code code;
  size_t at = parser.write_some(false, text.data(), text.size(), code);
  if (!code) {
    at = std::min(text.find_first_not_of(" \t\r\n", at), text.size());
    if (at < text.size()) code = json::make_error_code(json::error::extra_data);
  }
  if (!code) return parser.handler().take();
  const std::string& refusal = parser.handler().refusal();
  throw JsonMistake{refusal.empty() ? reason_of(code, text, at) : refusal, at};
}

void write_value(JsonWriter& json, const Value& value) {
  if (const auto* list = std::get_if<Value::List>(&value.data)) {
    json.begin_array();
    for (const Value& item : *list) write_value(json, item);
    json.end_array();
  } else if (const auto* dict = std::get_if<Value::Dict>(&value.data)) {
    json.begin_object();
    for (const auto& [key, held] : *dict) write_value(json.key(key), held);
    json.end_object();
  } else if (const auto* text = std::get_if<std::string>(&value.data)) {
    json.value(*text);
  } else if (const auto* number = std::get_if<double>(&value.data)) {
    const std::string digits = fmt::format("{}", *number);
    const bool is_whole = digits.find_first_not_of("-0123456789") == std::string::npos;
    is_whole ? json.raw(digits + ".0") : json.value(*number);  // so that it is read as a number again
  } else if (const auto* integer = std::get_if<int64_t>(&value.data)) {
    json.value(*integer);
  } else if (const auto* truth = std::get_if<bool>(&value.data)) {
    json.value(*truth);
  } else {
    json.null();
  }
}

}  // namespace testloom::cli
