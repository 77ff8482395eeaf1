#include "plan/condition/condition_constants.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"

namespace testloom {

namespace {

namespace json = boost::json;

constexpr auto kTypes = std::to_array<std::string_view>(
    {"BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER",
     "UBIGINT", "FLOAT", "DOUBLE", "VARCHAR"});

std::string write_text(std::string_view value) {
  std::string sql = "'";
  for (const char c : value) sql += c == '\'' ? std::string("''") : std::string(1, c);
  return sql + "'";
}

// With an exponent, which makes DuckDB read a DOUBLE.
std::string write_double(double value) {
  std::array<char, 64> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific).ptr;
  return {buffer.data(), end};
}

// With as many digits as its width, which DuckDB takes its type from: 0.50 has the width 3, 5. the width 1.
std::string write_decimal(int64_t unscaled, size_t width, size_t scale) {
  std::string digits = fmt::format("{}", unscaled);
  const bool negative = digits.front() == '-';
  if (negative) digits.erase(0, 1);
  digits.insert(0, width - std::min(width, digits.size()), '0');
  digits.insert(digits.size() - std::min(scale, digits.size()), ".");
  return (negative ? "-" : "") + digits;
}

struct Decimal {
  size_t width, scale;
};

Decimal decimal_of(const json::object& type) {
  const json::object& info = type.at("type_info").as_object();
  return {info.at("width").to_number<size_t>(), info.at("scale").to_number<size_t>()};
}

}  // namespace

std::string write_constant(const json::object& value, size_t at, const ConditionText& text) {
  if (value.at("is_null").as_bool()) return "NULL";
  const json::object& type = value.at("type").as_object();
  const std::string_view id(type.at("id").as_string());
  const json::value& data = value.at("value");
  if (id == "VARCHAR") return write_text(data.as_string());
  if (id == "BOOLEAN") return data.as_bool() ? "TRUE" : "FALSE";
  const bool integer = id == "INTEGER" || id == "BIGINT";
  if (integer && data.is_int64()) return fmt::format("{}", data.get_int64());
  if (id == "DECIMAL" && data.is_int64()) {
    const auto [width, scale] = decimal_of(type);
    return write_decimal(data.get_int64(), width, scale);
  }
  if (id == "DOUBLE") {
    const std::string_view digits(data.as_string());
    double number = 0;
    const std::from_chars_result result =
        std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (result.ec == std::errc() && std::isfinite(number)) return write_double(number);
  }
  if (integer || id == "DECIMAL" || id == "DOUBLE" || id == "HUGEINT" || id == "UHUGEINT") {
    text.fail(at, fmt::format("the number {} is too large or too long", quote(text.token(at), 40)),
              "integers have 64 bits, and numbers with a point 18 digits");
  }
  text.fail(at, fmt::format("a constant of type {} is not allowed in a condition", one_line(id, 40)));
}

std::string write_type(const json::object& type, size_t at, const ConditionText& text) {
  const std::string_view id(type.at("id").as_string());
  const json::value& info = type.at("type_info");
  if (id == "DECIMAL" && info.is_object()) {
    const auto [width, scale] = decimal_of(type);
    return fmt::format("DECIMAL({}, {})", width, scale);
  }
  if (info.is_null() && std::find(kTypes.begin(), kTypes.end(), id) != kTypes.end()) return std::string(id);
  const json::value* name = info.is_object() ? info.get_object().if_contains("name") : nullptr;
  const std::string_view shown = name && name->is_string() ? std::string_view(name->get_string()) : id;
  text.fail(at, fmt::format("a condition cannot cast to {}", quote(shown, 40)),
            fmt::format("types are {}, DECIMAL", join(kTypes, ", ")));
}

}  // namespace testloom
