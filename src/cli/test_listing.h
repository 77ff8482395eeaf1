// Planned tests in the forms that `tests list` and `tests graph` give: a table, CSV, JSON lines, Parquet,
// Graphviz and Mermaid. All stream, whatever the number of tests.
#pragma once

#include <string>

#include "base/json_writer.h"
#include "plan/tests.h"
#include "store/store.h"

namespace testloom::cli {

// The test as JSON, the object left open.
JsonWriter json_of(const PlannedTest& test);

void list_as_table(Connection& connection, const TestFilter& filter);
void list_as_json(Connection& connection, const TestFilter& filter);
void list_as_csv(Connection& connection, const TestFilter& filter);
// Into a file. With the columns of CSV, test_id and dependencies as UUIDs.
void list_as_parquet(Store& store, const TestFilter& filter, const std::string& file);

void graph_as_dot(Connection& connection, const TestFilter& filter);
void graph_as_mermaid(Connection& connection, const TestFilter& filter);

}  // namespace testloom::cli
