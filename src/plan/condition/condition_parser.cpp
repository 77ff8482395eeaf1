#include "plan/condition/condition_parser.h"

#include <boost/json/parse.hpp>

#include <charconv>

#include <fmt/format.h>

#include "base/text.h"

namespace testloom {

namespace {

namespace json = boost::json;

// No text can leave the CASE and put another in its place: the statement's one value would be no CASE with
// one WHEN.
constexpr std::string_view kBefore = "SELECT CASE WHEN ";
constexpr std::string_view kAfter = "\n THEN 1 END";
static_assert(kBefore.size() == kConditionStart);

constexpr size_t kDeepestJson = kDeepestCondition * 4 + 20;

// JSON as Boost.JSON is to read it: numbers with a fraction, an exponent or no value at all (Infinity) as
// strings.
std::string with_quoted_reals(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    size_t end = at + 1;
    const char c = text[at];
    if (c == '"') {
      while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
      out += text.substr(at, ++end - at);
    } else if (c == '-' || c == 'I' || c == 'N' || (c >= '0' && c <= '9')) {
      end = std::min(text.find_first_of(",]}", at), text.size());
      const std::string_view number = text.substr(at, end - at);
      const bool whole = number.find_first_not_of("-0123456789") == std::string_view::npos;
      out += whole ? std::string(number) : fmt::format("\"{}\"", number);
    } else {
      out += c;
    }
    at = end;
  }
  return out;
}

[[noreturn]] void fail_not_one(const ConditionText& text) {
  text.fail(ConditionText::kWhole, "a condition is one expression, and this is more");
}

// DuckDB's message without the excerpt of the text, some of which would be this file's.
[[noreturn]] void fail_syntax(const ConditionText& text, const json::object& error) {
  const std::string message(error.at("error_message").as_string());
  if (message.starts_with("Max expression depth")) fail_too_deep(text, ConditionText::kWhole);
  if (message.starts_with("Only SELECT")) {
    fail_not_one(text);
  }
  const json::value* position = error.if_contains("position");
  if (!position)
    text.fail(ConditionText::kWhole, fmt::format("DuckDB cannot read this: {}", one_line(message)));
  const std::string_view digits(position->as_string());
  size_t at = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), at);
  at = at < kConditionStart ? 0 : at - kConditionStart;
  const std::string reason = message.substr(0, message.find(" at or near"));
  if (at >= text.text().size() || message.ends_with("at end of input")) {
    text.fail(text.text().size(), "the condition ends where more has to follow");
  }
  const bool unterminated = reason.starts_with("unterminated");
  text.fail(at, unterminated ? reason : fmt::format("{} at {}", reason, quote(text.token(at), 40)),
            unterminated ? "close it" : "");
}

bool is_empty(const json::value& value) {
  return value.is_null() || (value.is_array() && value.get_array().empty());
}

// The condition in the tree of the statement; none where the statement is not the one it was put into.
const json::value* find_condition(const json::object& tree) {
  const json::array& statements = tree.at("statements").as_array();
  if (statements.size() != 1) return nullptr;
  const json::object& select = statements[0].at("node").as_object();
  if (select.at("type") != "SELECT_NODE" || select.at("select_list").as_array().size() != 1) return nullptr;
  for (const json::key_value_pair& part : select) {
    const bool as_written = part.key() == "type" || part.key() == "select_list" ||
                            (part.key() == "cte_map" && is_empty(part.value().at("map"))) ||
                            (part.key() == "from_table" && part.value().at("type") == "EMPTY") ||
                            (part.key() == "aggregate_handling" && part.value() == "STANDARD_HANDLING");
    if (!as_written && !is_empty(part.value())) return nullptr;
  }
  const json::object& root = select.at("select_list").at(0).as_object();
  if (root.at("type") != "CASE_EXPR" || root.at("alias") != "") return nullptr;
  const json::array& checks = root.at("case_checks").as_array();
  const json::value& otherwise = root.at("else_expr");
  if (checks.size() != 1 || otherwise.at("type") != "VALUE_CONSTANT") return nullptr;
  if (!otherwise.at("value").at("is_null").as_bool()) return nullptr;
  const json::value& then = checks[0].at("then_expr");
  if (then.at("type") != "VALUE_CONSTANT" || then.at("value").at("value") != 1) return nullptr;
  return &checks[0].at("when_expr");
}

}  // namespace

void fail_too_deep(const ConditionText& text, size_t at) {
  text.fail(
      at, "the condition is nested too deep",
      fmt::format("at most {} levels are taken; a long chain of one operator nests too", kDeepestCondition));
}

json::value parse_condition(Connection& connection, const ConditionText& text) {
  const std::string statement = fmt::format("{}{}{}", kBefore, text.text(), kAfter);
  Result rows = connection.query("SELECT system.main.json_serialize_sql($1::VARCHAR)", {statement});
  rows.next();
  json::error_code error;
  json::parse_options options;
  options.max_depth = kDeepestJson;
  const json::value tree = json::parse(with_quoted_reals(rows.text(0)), error, {}, options);
  if (error == json::error::too_deep) fail_too_deep(text, ConditionText::kWhole);
  if (error) throw Error(ErrorKind::store, fmt::format("DuckDB's parser: {}", error.message()));
  if (tree.at("error").as_bool()) fail_syntax(text, tree.as_object());
  const json::value* condition = find_condition(tree.as_object());
  if (!condition) fail_not_one(text);
  return *condition;
}

}  // namespace testloom
