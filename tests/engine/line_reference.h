// What a line of a journal says by Boost.JSON, the slow and plain way, to hold LineReader against.
#pragma once

#include <cmath>
#include <string>

#include <boost/json.hpp>

#include "engine/journal_lines.h"

namespace testloom {

inline std::string plain_value(const boost::json::value* value, KeyKind kind) {
  if (!value) return "none";
  if (kind == KeyKind::text) return value->is_string() ? "text " + std::string(value->get_string()) : "none";
  if (kind == KeyKind::integer)
    return value->is_int64() ? "integer " + std::to_string(value->get_int64()) : "none";
  if (kind == KeyKind::json) {
    return value->is_object() || value->is_array() ? "json " + boost::json::serialize(*value) : "none";
  }
  return "none";
}

// Boost's last digit may be another, and what no double holds is infinite there.
inline bool is_same_real(const LineValue& read, const boost::json::value* value) {
  const double expected = value && value->is_number() ? value->to_number<double>() : INFINITY;
  const auto* real = std::get_if<double>(&read);
  if (!real || std::isinf(expected)) return !real && std::isinf(expected);
  return std::abs(*real - expected) <= 1e-14 * std::abs(expected);
}

inline std::string read_value(const LineValue& value, KeyKind kind) {
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    if (kind == KeyKind::text) return "text " + std::string(*text);
    boost::system::error_code error;
    const boost::json::value parsed = boost::json::parse(*text, error);
    return error ? "json that is none" : "json " + boost::json::serialize(parsed);
  }
  if (const auto* integer = std::get_if<int64_t>(&value)) return "integer " + std::to_string(*integer);
  return "none";
}

// How the reader and the reference differ about a line that is an outcome by the reader; empty: they agree,
// or the line is no JSON inside of a value, where nobody looks.
inline std::string difference(const LineReader& reader, std::string_view line) {
  boost::system::error_code error;
  const boost::json::value parsed = boost::json::parse(line, error);
  if (error) return "";
  if (!parsed.is_object()) return "an outcome that is no object";
  for (size_t key = kFirstOutcomeKey; key < kLineKeys.size(); ++key) {
    const auto& [name, kind] = kLineKeys[key];
    const boost::json::value* value = parsed.get_object().if_contains(name);
    if (kind == KeyKind::real) {
      if (!is_same_real(reader.value(key), value)) return std::string(name) + " is another number";
      continue;
    }
    std::string expected = plain_value(value, kind);
    if (name == "repetition" && expected == "none") expected = "integer 1";
    const std::string read = read_value(reader.value(key), kind);
    const bool is_out_of_column = name == "cores" && read == "none";  // more of them than an INTEGER holds
    if (read != expected && !is_out_of_column) return std::string(name) + ": " + read + " for " + expected;
  }
  return "";
}

}  // namespace testloom
