// The store's tables and views, as SQL. docs/store.md describes every column.
#pragma once

#include <string>

namespace testloom {

// Raised with every change of the tables; a store of a higher version is refused.
inline constexpr int kSchemaVersion = 5;

// What store_info says of who made a snapshot of a plan.
inline constexpr const char* kSnapshotMaker = "testloom plan export";

// Every table, without the row in store_info that says which version they are.
extern const char* const kTablesSql;
extern const char* const kEstimateTablesSql;

// What turns the tables of schema 1 into those of 2, and so on.
extern const char* const kFromSchema1Sql;
extern const char* const kFromSchema2Sql;
extern const char* const kFromSchema3Sql;
extern const char* const kFromSchema4Sql;

// The view `tests`: one row a test of any plan, made on reading from plan_models, combos, test_rows and
// template_versions. It uses DuckDB's built-in functions alone, so that any DuckDB client can read it.
std::string tests_view_sql();

}  // namespace testloom
