#include "plan/test_columns.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "plan/plan_models.h"
#include "store/sql_text.h"

namespace testloom {

const char* const kJoinedTests =
    "FROM test_rows r JOIN plan_cells k ON k.plan_id = $1 AND k.cell = r.cell "
    "JOIN combos c ON c.plan_id = $1 AND c.combo = k.combo "
    "JOIN template_versions v ON v.version_id = k.version_id "
    "JOIN plan_models m ON m.plan_id = $1 AND m.model = r.model WHERE r.plan_id = $1";

namespace {

// JSON's own types as DuckDB's: numbers where all values are numbers, text where they differ.
constexpr const char* kTypeSql =
    "CASE WHEN bool_and(type IN ('UBIGINT', 'BIGINT')) THEN 'BIGINT' WHEN bool_and(type IN ('UBIGINT', "
    "'BIGINT', "
    "'DOUBLE')) THEN 'DOUBLE' WHEN bool_and(type = 'BOOLEAN') THEN 'BOOLEAN' ELSE 'VARCHAR' END";

}  // namespace

std::vector<std::pair<std::string, std::string>> json_columns(Connection& connection, const char* column,
                                                              const char* table, int64_t plan_id) {
  Result rows = connection.query(fmt::format("SELECT key, {0} FROM (SELECT key, json_type({1}, '/' || "
                                             "replace(replace(key, '~', '~0'), '/', '~1')) AS "
                                             "type FROM (SELECT {1}, unnest(json_keys({1})) AS key FROM {2} "
                                             "WHERE plan_id = ? AND {1} IS NOT NULL)) "
                                             "WHERE type <> 'NULL' GROUP BY key ORDER BY key",
                                             kTypeSql, column, table),
                                 {plan_id});
  std::vector<std::pair<std::string, std::string>> columns;
  while (rows.next()) columns.emplace_back(rows.text(0), rows.text(1));
  return columns;
}

namespace {

void add_axes(Connection& connection, int64_t plan_id, std::vector<ConditionColumn>& columns) {
  for (const auto& [name, type] : json_columns(connection, "axes", "combos", plan_id)) {
    columns.push_back(
        {name,
         fmt::format("try_cast(json_extract_string(c.axes, {}) AS {})", sql_text(json_pointer({name})), type),
         type});
  }
}

void add_attributes(Connection& connection, int64_t plan_id, std::vector<ConditionColumn>& columns) {
  for (const auto& [name, type] : json_columns(connection, "attributes", "plan_models", plan_id))
    columns.push_back({"model." + name, attribute_sql(name, type), type});
}

}  // namespace

std::vector<ConditionColumn> test_columns(Connection& connection, int64_t plan_id) {
  std::vector<ConditionColumn> columns = {{"model_name", "m.model_name", "VARCHAR"},
                                          {"model_family", "m.model_family", "VARCHAR"},
                                          {"family_origin", "m.family_origin", "VARCHAR"},
                                          {"model_location", "m.model_location", "VARCHAR"},
                                          {"task", "m.task", "VARCHAR"},
                                          {"hardware_type", "c.hardware_type", "VARCHAR"},
                                          {"batch_size", "c.batch_size", "BIGINT"},
                                          {"template_name", "v.template_name", "VARCHAR"},
                                          {"priority", "k.priority", "BIGINT"},
                                          {"estimated_memory_gb", "k.memory_bytes / 1e9", "DOUBLE"},
                                          {"estimate_origin", "k.memory_origin::VARCHAR", "VARCHAR"},
                                          {"estimated_host_memory_gb", "k.host_memory_bytes / 1e9", "DOUBLE"},
                                          {"estimated_time_s", "k.time_s", "DOUBLE"},
                                          {"is_reference", "k.is_reference", "BOOLEAN"}};
  add_axes(connection, plan_id, columns);
  add_attributes(connection, plan_id, columns);
  return columns;
}

std::string checked_where(Connection& connection, int64_t plan_id, std::string_view where) {
  return checked_condition(connection, where, test_columns(connection, plan_id), {"--where", "", 0, 0},
                           ErrorKind::usage)
      .sql;
}

std::vector<TestCount> count_tests(Connection& connection, const TestFilter& filter,
                                   const std::vector<std::string>& by) {
  const std::vector<ConditionColumn> columns = test_columns(connection, filter.plan_id);
  std::vector<std::string_view> names;
  for (const ConditionColumn& column : columns) names.push_back(column.name);
  std::string chosen;
  for (const std::string& name : by) {
    const auto found = std::find_if(columns.begin(), columns.end(),
                                    [&](const ConditionColumn& column) { return column.name == name; });
    if (found == columns.end()) {
      const std::string guess = nearest(name, names);
      throw Error(ErrorKind::usage, fmt::format("there is no column {}", quote(name)),
                  guess.empty() ? "columns: " + join(names, ", ") : fmt::format("did you mean '{}'?", guess));
    }
    chosen += fmt::format("({})::VARCHAR, ", found->sql);
  }
  Result rows =
      connection.query(fmt::format("SELECT {}count(*) {} AND (len($2) = 0 OR list_contains($2, "
                                   "c.hardware_type)) {}{} GROUP BY ALL ORDER BY "
                                   "ALL",
                                   chosen, kJoinedTests, filter.where.empty() ? "" : "AND ", filter.where),
                       {filter.plan_id, filter.hardware_types});
  std::vector<TestCount> counts;
  while (rows.next()) {
    TestCount& count = counts.emplace_back();
    for (size_t column = 0; column < by.size(); ++column) count.values.push_back(rows.optional_text(column));
    count.tests = rows.integer(by.size());
  }
  return counts;
}

}  // namespace testloom
