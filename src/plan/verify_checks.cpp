#include "plan/verify_checks.h"

#include <fmt/format.h>

#include "base/text.h"
#include "store/schema.h"
#include "store/sql_text.h"

namespace testloom {

const char* const kPlanAnew = "plan again under another name; this plan stays as it is";
const char* const kRestore = "restore the store from a copy, or make a new one";

namespace {

using Names = std::vector<std::string>;

// "plan_id 1, cell 9" of a row x.
std::string key_of(const Names& columns) {
  std::string sql;
  for (const std::string& column : columns) {
    sql += fmt::format("{}'{} ' || coalesce(x.{}::VARCHAR, 'NULL')", sql.empty() ? "" : " || ', ' || ",
                       column, sql_name(column));
  }
  return sql;
}

std::string columns_of(const Names& columns) {
  Names parts;
  for (const std::string& column : columns) parts.push_back("x." + sql_name(column));
  return join(parts, ", ");
}

// Rows x of a table or subquery for which the condition holds.
Check rows_that(std::string table, std::string what, const Names& key, const std::string& from,
                const std::string& condition, const char* hint, const std::string& n = "1") {
  return {std::move(table), std::move(what), hint,
          fmt::format("SELECT {} AS n, {} AS example FROM {} x WHERE {}", n, key_of(key), from, condition)};
}

Check unique(const std::string& table, const Names& key, const char* hint) {
  return {table, fmt::format("rows that are there again, by {}", join(key, ", ")), hint,
          fmt::format("SELECT count(*) - 1 AS n, {} AS example FROM {} x GROUP BY {} HAVING count(*) > 1",
                      key_of(key), table, columns_of(key))};
}

// That columns of `table` are a row of `other`, where none of them is NULL.
Check refers(const std::string& table, const Names& columns, const std::string& other, const Names& others,
             const Names& key, const char* hint) {
  std::string there, same;
  for (size_t i = 0; i < columns.size(); ++i) {
    there += fmt::format("x.{} IS NOT NULL AND ", columns[i]);
    same += fmt::format("{}y.{} = x.{}", i ? " AND " : "", others[i], columns[i]);
  }
  return rows_that(table, fmt::format("{} of a row that {} does not have", join(columns, ", "), other), key,
                   table, fmt::format("{}NOT EXISTS (SELECT 1 FROM {} y WHERE {})", there, other, same),
                   hint);
}

void add_info(std::vector<Check>& checks) {
  checks.push_back({"store_info", "not one row", kRestore,
                    "SELECT 1 AS n, count(*) || ' rows' AS example FROM store_info HAVING count(*) <> 1"});
  checks.push_back(rows_that("store_info", fmt::format("another schema than {}", kSchemaVersion),
                             {"schema_version"}, "store_info",
                             fmt::format("x.schema_version <> {}", kSchemaVersion), kRestore));
}

void add_unique(std::vector<Check>& checks) {
  for (const auto& [table, key] : std::initializer_list<std::pair<const char*, Names>>{
           {"templates", {"template_id"}},
           {"template_versions", {"version_id"}},
           {"template_parts", {"version_id", "part"}},
           {"model_mapping", {"mapping_id"}},
           {"models", {"model_id"}},
           {"models", {"model_name"}},
           {"plans", {"plan_id"}},
           {"runs", {"run_id"}},
           {"outcomes", {"run_id", "test_id", "repetition", "attempt"}}})
    checks.push_back(unique(table, key, kRestore));
  for (const auto& [table, key] : std::initializer_list<std::pair<const char*, Names>>{
           {"plan_models", {"plan_id", "model"}},
           {"plan_models", {"plan_id", "model_name"}},
           {"plan_profiles", {"plan_id", "profile"}},
           {"combos", {"plan_id", "combo"}},
           {"combos", {"plan_id", "hardware_type", "label"}},
           {"plan_cells", {"plan_id", "cell"}},
           {"needs",
            {"plan_id", "model_family", "pinned", "profile", "version_id", "combo", "needed_version_id",
             "needed_combo"}}})
    checks.push_back(unique(table, key, kPlanAnew));
}

void add_catalog(std::vector<Check>& checks) {
  checks.push_back(rows_that("templates", "a current text that template_versions does not have",
                             {"template_id", "version"}, "templates",
                             "NOT EXISTS (SELECT 1 FROM template_versions y WHERE y.template_id = "
                             "x.template_id AND y.version = x.version AND y.content = x.content)",
                             "add the template again"));
  checks.push_back(refers("template_versions", {"template_id"}, "templates", {"template_id"},
                          {"version_id", "template_id"}, kRestore));
  checks.push_back(refers("template_parts", {"version_id"}, "template_versions", {"version_id"},
                          {"version_id", "part"}, kRestore));
  checks.push_back(refers("model_mapping", {"template_id"}, "templates", {"template_id"},
                          {"mapping_id", "template_id"}, "map the model again"));
  checks.push_back(refers("outcomes", {"run_id"}, "runs", {"run_id"},
                          {"run_id", "test_id", "repetition", "attempt"}, kRestore));
}

// Rows of plans that are not there: the next plan of that number would get them. Runs may outlive their plan.
void add_half_plans(Connection& connection, std::vector<Check>& checks) {
  Result rows = connection.query(
      "SELECT c.table_name FROM duckdb_columns() c JOIN duckdb_tables() t USING (table_oid, database_name) "
      "WHERE c.database_name = current_database() AND c.column_name = 'plan_id' AND c.table_name NOT IN "
      "('plans', 'runs', 'test_rows') ORDER BY 1");
  while (rows.next()) {
    const std::string table(rows.text(0));
    checks.push_back(rows_that(table, "rows of a plan that is not there", {"plan_id"},
                               fmt::format("(SELECT plan_id, count(*) AS n FROM {} GROUP BY ALL)", table),
                               "x.plan_id NOT IN (SELECT plan_id FROM plans)", kRestore, "x.n"));
  }
  checks.push_back(rows_that("test_rows", "rows of a plan that is not there", {"plan_id"},
                             "(SELECT plan_id, sum(tests) AS n FROM verify_counts GROUP BY ALL)",
                             "x.plan_id NOT IN (SELECT plan_id FROM plans)", kRestore, "x.n"));
}

void add_plan_models(std::vector<Check>& checks) {
  checks.push_back(
      rows_that("plan_models", "models that are not numbered from 0 on", {"plan_id"},
                "(SELECT plan_id, min(model) AS first, max(model) AS last, count(DISTINCT model) AS n "
                "FROM plan_models GROUP BY ALL)",
                "x.first <> 0 OR x.last <> x.n - 1", kPlanAnew));
  checks.push_back(rows_that(
      "plan_models", "a name_hash that is not that of the name", {"plan_id", "model"}, "plan_models",
      "x.name_hash <> ('0x' || substr(md5(x.model_name), 1, 8))::UINTEGER", kPlanAnew));
  checks.push_back(
      rows_that("plan_models", "a profile that plan_profiles does not have", {"plan_id", "model", "profile"},
                "plan_models",
                "coalesce(x.profile, '') <> '' AND NOT EXISTS (SELECT 1 FROM plan_profiles y WHERE "
                "y.plan_id = x.plan_id AND y.profile = x.profile)",
                kPlanAnew));
  checks.push_back(rows_that("plan_models", "an empty name", {"plan_id", "model"}, "plan_models",
                             "x.model_name = ''", kPlanAnew));
}

void add_plans(std::vector<Check>& checks) {
  checks.push_back(rows_that(
      "plans", "another number of tests than there are rows", {"plan_id", "tests", "found"},
      "(SELECT p.plan_id, p.tests, coalesce(sum(c.tests), 0) AS found FROM plans p LEFT JOIN verify_counts c "
      "ON c.plan_id = p.plan_id GROUP BY ALL)",
      "x.tests <> x.found", kPlanAnew));
  Check of_cells = refers("verify_counts", {"plan_id", "cell"}, "plan_cells", {"plan_id", "cell"},
                          {"plan_id", "cell"}, kPlanAnew);
  of_cells.table = "test_rows";
  checks.push_back(std::move(of_cells));
  for (const char* combo : {"combo", "previous_combo"}) {
    checks.push_back(refers("plan_cells", {"plan_id", combo}, "combos", {"plan_id", "combo"},
                            {"plan_id", "cell"}, kPlanAnew));
  }
  checks.push_back(refers("plan_cells", {"version_id"}, "template_versions", {"version_id"},
                          {"plan_id", "cell", "version_id"}, kPlanAnew));
  checks.push_back(rows_that(
      "plan_cells", "a previous_combo that is not a smaller batch of the same hardware type and axes",
      {"plan_id", "cell", "combo", "previous_combo"},
      "(SELECT k.plan_id, k.cell, k.combo, k.previous_combo, c.hardware_type = p.hardware_type AND c.axes = "
      "p.axes AND p.batch_size < c.batch_size AS fits FROM plan_cells k JOIN combos c ON c.plan_id = "
      "k.plan_id "
      "AND c.combo = k.combo JOIN combos p ON p.plan_id = k.plan_id AND p.combo = k.previous_combo)",
      "NOT x.fits", kPlanAnew));
  checks.push_back(rows_that("plan_cells", "a priority that is not 1 to 10, or a negative estimate",
                             {"plan_id", "cell", "priority", "memory_bytes"}, "plan_cells",
                             "x.priority NOT BETWEEN 1 AND 10 OR x.memory_bytes < 0", kPlanAnew));
  checks.push_back(rows_that("combos", "a batch size below 1", {"plan_id", "combo", "batch_size"}, "combos",
                             "x.batch_size < 1", kPlanAnew));
  for (const char* part : {"", "needed_"}) {
    const Names key = {"plan_id", fmt::format("{}version_id", part), fmt::format("{}combo", part)};
    checks.push_back(refers("needs", key, "plan_cells", {"plan_id", "version_id", "combo"}, key, kPlanAnew));
  }
}

// What predictions are corrected by.
void add_calibration(std::vector<Check>& checks) {
  constexpr const char* anew = "calibrate anew: testloom model calibrate";
  checks.push_back({"calibration_state", "more than one row", anew,
                    "SELECT count(*) - 1 AS n, count(*) || ' rows' AS example FROM calibration_state HAVING "
                    "count(*) > 1"});
  checks.push_back(
      rows_that("device_figures", "a figure that is not above 0", {"hardware_type"}, "device_figures",
                "NOT coalesce(x.flops_per_s > 0 AND x.flops_16_per_s > 0 AND x.bytes_per_s > 0 AND "
                "x.call_s > 0 AND isfinite(x.flops_per_s + x.flops_16_per_s + x.bytes_per_s + x.call_s), "
                "false)",
                "measure anew: testloom doctor --measure"));
  checks.push_back(rows_that("calibrations", "a correction that is no number",
                             {"figure", "hardware_type", "model_type"}, "calibrations",
                             "NOT isfinite(x.\"offset\" + x.scale + x.low + x.high)", anew));
}

// Names of families and hardware types.
void add_names(std::vector<Check>& checks) {
  for (const auto& [table, column] :
       std::initializer_list<std::pair<const char*, const char*>>{{"templates", "model_family"},
                                                                  {"templates", "hardware_type"},
                                                                  {"template_versions", "model_family"},
                                                                  {"template_versions", "hardware_type"},
                                                                  {"model_mapping", "model_family"},
                                                                  {"plan_models", "model_family"},
                                                                  {"needs", "model_family"},
                                                                  {"combos", "hardware_type"}}) {
    checks.push_back(rows_that(
        table, fmt::format("no name in {}", column), {column},
        fmt::format("(SELECT {0}, count(*) AS n FROM {1} WHERE {0} IS NOT NULL GROUP BY ALL)", column, table),
        fmt::format("NOT regexp_full_match(x.{}, '[A-Za-z][A-Za-z0-9_.-]{{0,63}}')", column), kRestore,
        "x.n"));
  }
}

// Every column of type JSON; all but what a test returned are objects, or a list.
void add_json(Connection& connection, std::vector<Check>& checks) {
  Result rows = connection.query(
      "SELECT c.table_name, c.column_name FROM duckdb_columns() c JOIN duckdb_tables() t USING (table_oid, "
      "database_name) WHERE c.database_name = current_database() AND c.data_type = 'JSON' ORDER BY 1, 2");
  while (rows.next()) {
    const std::string table(rows.text(0)), column(rows.text(1));
    const std::string wanted = column == "result"                          ? ""
                               : column == "skipped" || column == "beside" ? "ARRAY"
                                                                           : "OBJECT";
    const Names key = table == "models"              ? Names{"model_id"}
                      : table == "plan_models"       ? Names{"plan_id", "model"}
                      : table == "combos"            ? Names{"plan_id", "combo"}
                      : table == "template_versions" ? Names{"version_id"}
                      : table == "plans"             ? Names{"plan_id"}
                      : table == "outcomes"          ? Names{"run_id", "test_id", "repetition", "attempt"}
                      : table == "runs"              ? Names{"run_id"}
                                                     : Names{column};
    checks.push_back(rows_that(
        table,
        wanted.empty() ? fmt::format("no JSON in {}", column)
                       : fmt::format("no JSON {1} in {0}", column, wanted == "ARRAY" ? "list" : "object"),
        key, table,
        fmt::format("x.{0} IS NOT NULL AND CASE WHEN json_valid(x.{0}) THEN {1} ELSE true END", column,
                    wanted.empty() ? "false" : fmt::format("json_type(x.{}) <> '{}'", column, wanted)),
        kRestore));
  }
}

}  // namespace

std::vector<Check> store_checks(Connection& connection) {
  std::vector<Check> checks;
  add_info(checks);
  add_unique(checks);
  add_catalog(checks);
  add_half_plans(connection, checks);
  add_plan_models(checks);
  add_plans(checks);
  add_calibration(checks);
  add_names(checks);
  add_json(connection, checks);
  return checks;
}

}  // namespace testloom
