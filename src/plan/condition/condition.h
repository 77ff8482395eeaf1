// Conditions that users write, in a spec (where = "...") or on the command line (--where "..."): expressions
// of DuckDB's SQL over documented columns, and nothing else. A condition is parsed by DuckDB, checked node by
// node against lists of what is allowed, and written anew out of what was understood, with functions named
// where no macro of the store can stand in for them; nothing of the user's text reaches a statement. So a
// condition reads no table, file, address, setting or environment, and changes nothing.
//
// Allowed are: columns, text in single quotes, numbers, TRUE, FALSE, NULL; AND OR NOT; = <> < <= > >=, IS
// [NOT] DISTINCT FROM, IS [NOT] NULL / TRUE / FALSE, [NOT] BETWEEN, [NOT] IN (...) or [...]; LIKE, ILIKE,
// GLOB, SIMILAR TO, ~; CASE, IF, COALESCE, NULLIF; CAST, TRY_CAST and :: to plain types; + - * / // % ** ^ ||
// and the functions of condition_functions.cpp. Comments are allowed and left out.
//
// What DuckDB's rules mean here. Column names do not mind upper and lower case, quoted or not; where two
// columns differ in nothing else, the name has to be written exactly. A condition that is NULL is not true:
// comparing with NULL gives NULL, and so do x // 0 and x % 0, while x / 0 is infinite and 0 / 0 is NaN, which
// is larger than all numbers. A row may fail, by a number that overflows or a text that is no number: that
// fails the statement that runs the condition, rather than leaving the row out unnoticed. TRY_CAST gives NULL
// instead. The caller says which condition it was with condition_failed().
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/database.h"
#include "testloom/error.h"

namespace testloom {

// A column that conditions may name.
struct ConditionColumn {
  std::string name;  // as users write it: "model_name", or "model.owner" for a key of the user's model list
  std::string sql;   // what stands for it in the statement, such as m.model_name; taken as it is
  std::string type;  // DuckDB's type, such as VARCHAR, BIGINT, DOUBLE, BOOLEAN
};

// Where the condition's first character stands. Line 0: it came from a flag, and the path is the flag's name.
struct ConditionSource {
  std::string path;
  std::string file_text;  // the file from that whole line on; the line alone where nothing is known of others
  int line = 0;
  int column = 0;  // in code points
};

struct CheckedCondition {
  std::string sql;              // over the columns' `sql`, in brackets, of type BOOLEAN
  std::vector<size_t> columns;  // that it names, by number, ascending
};

// The condition, ready to stand in a statement. Throws an Error of `kind` for
// anything else, at its place where the line holds the text as it is, else at the place of the whole.
// Nothing is run but DuckDB's parser and binder. Not within a transaction: a refused condition can abort it.
CheckedCondition checked_condition(Connection& connection, std::string_view text,
                                   const std::vector<ConditionColumn>& columns, const ConditionSource& source,
                                   ErrorKind kind);

// Whether a statement failed for a value in a row, as a cast that is not possible, rather than for the store.
bool is_row_failure(const Error& error);

// The Error for a checked condition that failed on a row, for DuckDB's reason.
Error condition_failed(std::string_view text, const ConditionSource& source, ErrorKind kind,
                       std::string_view reason);

}  // namespace testloom
