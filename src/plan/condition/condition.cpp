#include "plan/condition/condition.h"

#include <algorithm>
#include <array>
#include <set>
#include <stdexcept>

#include <fmt/format.h>

#include "base/text.h"
#include "plan/condition/condition_parser.h"
#include "plan/condition/condition_tree.h"

namespace testloom {

namespace {

constexpr size_t kLongest = 10'000;  // bytes

size_t count_of(std::string_view text, std::string_view word) {
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; };
  size_t count = 0;
  for (auto at = text.begin();; ++count) {
    at = std::search(at, text.end(), word.begin(), word.end(), same);
    if (at == text.end()) return count;
    at += static_cast<long>(word.size());
  }
}

// CASE x WHEN ... holds x once for each WHEN as soon as it is parsed, and a window's definition stands in
// each OVER: nested, that would be endless. Counted without a look at what is a word and what is quoted, so
// that nothing can hide.
constexpr size_t kMostCopies = 10;

void check_text(const ConditionText& text) {
  const std::string_view bytes = text.text();
  if (bytes.size() > kLongest) {
    text.fail(0, fmt::format("the condition is {} bytes long; at most {} are taken", bytes.size(), kLongest));
  }
  if (!is_utf8(bytes)) text.fail(ConditionText::kWhole, "the condition is not UTF-8");
  if (bytes.find('\0') != std::string_view::npos) {
    text.fail(ConditionText::kWhole, "the condition has a NUL character in it");
  }
  if (trimmed(bytes).empty()) {
    text.fail(ConditionText::kWhole, "the condition is empty",
              "write one, as in hardware_type = 'cpu' and batch_size > 1");
  }
  if (count_of(bytes, "when") > kMostCopies) {
    text.fail(ConditionText::kWhole, fmt::format("the condition has more than {} WHENs", kMostCopies),
              "write it with AND, OR and IN");
  }
  if (count_of(bytes, "window") > 0 && count_of(bytes, "over") > kMostCopies) {
    text.fail(ConditionText::kWhole, "a condition sees one row at a time: there are no window functions");
  }
}

// A column's SQL in brackets unless it is a name.
std::string in_brackets(const std::string& sql) {
  const bool name = std::all_of(sql.begin(), sql.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
  });
  return name ? sql : "(" + sql + ")";
}

// A row that has the columns' types and no values.
struct EmptyRow {
  std::vector<std::string> names;
  std::string sql;
};

EmptyRow empty_row(const std::vector<ConditionColumn>& columns) {
  EmptyRow row;
  for (const ConditionColumn& column : columns) {
    row.names.push_back(fmt::format("c{}", row.names.size()));
    row.sql += fmt::format("{}CAST(NULL AS {}) AS {}", row.sql.empty() ? "SELECT " : ", ", column.type,
                           row.names.back());
  }
  if (row.sql.empty()) row.sql = "SELECT NULL";
  return row;
}

// What DuckDB's binder says of an expression: its type, or why it has none.
struct Binding {
  std::string type;
  std::string problem;
};

// Errors that are about the statement; others are about the store.
constexpr auto kReasons = std::to_array<std::string_view>(
    {"Binder Error: ", "Conversion Error: ", "Invalid Input Error: ", "Out of Range Error: ",
     "Catalog Error: ", "Not implemented Error: ", "Mismatch Type Error: ", "Parser Error: "});

Binding bind(Connection& connection, const std::string& sql, const EmptyRow& row) {
  try {
    Result rows =
        connection.query(fmt::format("DESCRIBE SELECT {} AS c FROM ({}) WHERE false", sql, row.sql));
    rows.next();
    return {std::string(rows.text(1)), {}};
  } catch (const Error& error) {
    for (const std::string_view reason : kReasons) {
      if (error.message().starts_with(reason)) {
        const std::string_view message = std::string_view(error.message()).substr(reason.size());
        return {{}, std::string(message.substr(0, message.find('\n')))};
      }
    }
    throw;
  }
}

// The innermost part that does not go together: operands come before what they are part of.
[[noreturn]] void fail_binding(Connection& connection, const ConditionText& text, const ConditionTree& tree,
                               const std::vector<std::string>& written, const EmptyRow& row) {
  constexpr std::string_view advice = " You might need to add explicit type casts.";
  for (size_t i = 0; i < tree.size(); ++i) {
    std::string problem = bind(connection, written[i], row).problem;
    if (problem.empty()) continue;
    const bool types = problem.find(advice) != std::string::npos;
    if (types) problem.erase(problem.find(advice) - 1);
    text.fail(tree[i].at, fmt::format("DuckDB: {}", one_line(problem, 300)),
              types ? "CAST(... AS type) turns one type into another" : "");
  }
  text.fail(ConditionText::kWhole, "DuckDB does not take this condition");
}

void check_types(Connection& connection, const ConditionText& text, const ConditionTree& tree,
                 const std::vector<ConditionColumn>& columns) {
  const EmptyRow row = empty_row(columns);
  const std::vector<std::string> written = write_condition(tree, row.names);
  const Binding binding = bind(connection, written.back(), row);
  if (!binding.problem.empty()) fail_binding(connection, text, tree, written, row);
  if (binding.type != "BOOLEAN") {
    text.fail(ConditionText::kWhole,
              fmt::format("a condition is true or false, and this is of type {}", binding.type),
              "compare it with something, as in batch_size > 1");
  }
}

ConditionTree understand(Connection& connection, const ConditionText& text,
                         const std::vector<ConditionColumn>& columns) {
  // What Boost.JSON throws where a field is missing or of another type.
  constexpr const char* strange = "DuckDB's parser gave a tree that is not of the form known";
  try {
    return check_condition(parse_condition(connection, text), text, columns);
  } catch (const std::logic_error& error) {
    throw Error(ErrorKind::store, fmt::format("{}: {}", strange, error.what()));
  } catch (const std::runtime_error& error) {
    throw Error(ErrorKind::store, fmt::format("{}: {}", strange, error.what()));
  }
}

}  // namespace

CheckedCondition checked_condition(Connection& connection, std::string_view text,
                                   const std::vector<ConditionColumn>& columns, const ConditionSource& source,
                                   ErrorKind kind) {
  const ConditionText placed(text, source, kind);
  check_text(placed);
  const ConditionTree tree = understand(connection, placed, columns);
  check_types(connection, placed, tree, columns);
  std::vector<std::string> names;
  for (const ConditionColumn& column : columns) names.push_back(in_brackets(column.sql));
  std::set<size_t> named;
  for (const ConditionNode& node : tree) {
    if (node.column) named.insert(*node.column);
  }
  return {"(" + write_condition(tree, names).back() + ")", {named.begin(), named.end()}};
}

bool is_row_failure(const Error& error) {
  constexpr std::string_view kRowReasons[] = {
      "Conversion Error: ", "Out of Range Error: ", "Invalid Input Error: "};
  return error.kind() == ErrorKind::store &&
         std::any_of(std::begin(kRowReasons), std::end(kRowReasons),
                     [&](std::string_view reason) { return error.message().starts_with(reason); });
}

Error condition_failed(std::string_view text, const ConditionSource& source, ErrorKind kind,
                       std::string_view reason) {
  const ConditionText placed(text, source, kind);
  return placed.error(
      ConditionText::kWhole,
      fmt::format("the condition fails on a row: {}", one_line(reason.substr(0, reason.find('\n')), 300)),
      "TRY_CAST(... AS type) gives NULL where a cast fails");
}

}  // namespace testloom
