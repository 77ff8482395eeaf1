// The columns that conditions over planned tests may name, and what of them stands in a statement.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plan/condition/condition.h"
#include "plan/tests.h"
#include "store/database.h"

namespace testloom {

// The tests of plan $1 as rows: r of test_rows, k of plan_cells, c of combos, v of template_versions, m of
// plan_models. Ends with a condition, so that " AND ..." may follow.
extern const char* const kJoinedTests;

// The keys of a JSON column of one of the plan's tables, with DuckDB's type of their values.
std::vector<std::pair<std::string, std::string>> json_columns(Connection& connection, const char* column,
                                                              const char* table, int64_t plan_id);

// model_name, model_family, ..., the plan's axes, and model.NAME for the attributes of its models; `sql` is
// over kJoinedTests.
std::vector<ConditionColumn> test_columns(Connection& connection, int64_t plan_id);

// A condition of a command line over these columns. Throws an Error (usage). REQUIRES: no transaction is
// open.
std::string checked_where(Connection& connection, int64_t plan_id, std::string_view where);

struct TestCount {
  std::vector<std::optional<std::string>> values;  // of the columns counted by
  int64_t tests = 0;
};

// How many tests there are for each combination of the columns' values, in their order; without columns, in
// all. Throws an Error (usage) for an unknown column.
std::vector<TestCount> count_tests(Connection& connection, const TestFilter& filter,
                                   const std::vector<std::string>& by);

}  // namespace testloom
