#include "plan/verify.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "plan/test_reader.h"
#include "plan/verify_checks.h"
#include "store/upgrade.h"

namespace testloom {

namespace {

// How many of the latest plans are read through the view, and how many tests of each.
constexpr int64_t kSampledPlans = 5, kSampledTests = 1000;

using Columns = std::map<std::string, std::vector<std::string>>;  // "name TYPE" by table

Columns read_columns(Connection& connection) {
  Result rows = connection.query(
      "SELECT table_name, column_name || ' ' || data_type FROM duckdb_columns() WHERE database_name = "
      "current_database() AND schema_name = 'main' AND NOT internal ORDER BY table_name, column_index");
  Columns columns;
  while (rows.next()) columns[std::string(rows.text(0))].emplace_back(rows.text(1));
  return columns;
}

// Tables of a new store, held against those that are there.
std::vector<Finding> verify_tables(Connection& connection) {
  const Database database(":memory:", Access::read_write);
  Connection fresh(database.handle());
  create_schema(fresh);
  const Columns found = read_columns(connection);
  std::vector<Finding> findings;
  for (const auto& [table, wanted] : read_columns(fresh)) {
    const auto there = found.find(table);
    if (there == found.end()) {
      findings.push_back({table, "it is not there", 1, table, kRestore});
      continue;
    }
    const auto [want, have] =
        std::mismatch(wanted.begin(), wanted.end(), there->second.begin(), there->second.end());
    if (want == wanted.end() && have == there->second.end()) continue;
    findings.push_back({table, "its columns are not those of this version", 1,
                        fmt::format("{} instead of {}", have == there->second.end() ? "nothing" : *have,
                                    want == wanted.end() ? "nothing" : *want),
                        kRestore});
  }
  return findings;
}

void verify_tables_contents(Connection& connection, std::vector<Finding>& findings) {
  const Transaction transaction(connection);  // rolled back, and the temporary tables with it
  connection.execute(
      "CREATE OR REPLACE TEMP TABLE verify_counts AS SELECT plan_id, cell, count(*) AS tests FROM test_rows "
      "GROUP BY ALL");
  for (const Check& check : store_checks(connection)) {
    Result rows = connection.query(
        fmt::format("SELECT coalesce(sum(n), 0)::BIGINT, min(example) FROM ({})", check.breaches));
    rows.next();
    if (rows.integer(0) == 0) continue;
    findings.push_back({check.table, check.what, rows.integer(0), std::string(rows.text(1)), check.hint});
  }
  verify_rows(connection, findings);
}

std::string line_of(const std::string& test_id, const std::string& case_name,
                    const std::vector<std::string>& dependencies) {
  return fmt::format("{} {} after {}", test_id, case_name, join(dependencies, " "));
}

// A plan's first tests as the view has them, in the reader's order.
std::vector<std::string> read_view(Connection& connection, int64_t plan_id) {
  Result extent = connection.query(
      "SELECT min(model), max(model) + 1, count(*) FROM test_rows WHERE plan_id = ?", {plan_id});
  extent.next();
  if (extent.is_null(0)) return {};
  const int64_t begin = extent.integer(0), models = extent.integer(1) - begin;
  const int64_t end = begin + std::max<int64_t>(1, kSampledTests * models / extent.integer(2));
  Result rows = connection.query(
      "SELECT test_id::VARCHAR, \"case\", dependencies::VARCHAR[] FROM tests WHERE plan_id = ? AND model >= "
      "? "
      "AND model < ? ORDER BY model, template_name, version_id, combo LIMIT ?",
      {plan_id, begin, end, kSampledTests});
  std::vector<std::string> lines;
  while (rows.next())
    lines.push_back(line_of(std::string(rows.text(0)), std::string(rows.text(1)), rows.texts(2)));
  return lines;
}

void verify_view(Connection& connection, std::vector<Finding>& findings) {
  std::vector<int64_t> plans;
  Result rows = connection.query("SELECT plan_id FROM plans WHERE tests > 0 ORDER BY plan_id DESC LIMIT ?",
                                 {kSampledPlans});
  while (rows.next()) plans.push_back(rows.integer(0));
  for (const int64_t plan_id : plans) {
    const std::vector<std::string> seen = read_view(connection, plan_id);
    size_t at = 0;
    int64_t others = seen.empty() ? 1 : 0;
    std::string example = "none of the plan's tests";
    for_each_test(connection, {plan_id, {}, {}, std::max<int64_t>(1, static_cast<int64_t>(seen.size()))},
                  [&](const PlannedTest& test) {
                    if (at >= seen.size()) return;
                    const std::string line = line_of(test.test_id, test.case_name, test.dependencies);
                    if (seen[at++] != line && others++ == 0) example = line;
                  });
    if (others == 0) continue;
    findings.push_back({"tests", "the view shows other tests than there are", others,
                        fmt::format("plan_id {}: {}", plan_id, example), kRestore});
    return;
  }
}

// Whether what is wrong may keep a plan's tests from being read.
bool concerns_plans(const Finding& finding) {
  static const std::set<std::string> kTables = {"plans",     "plan_models", "combos",           "plan_cells",
                                                "test_rows", "needs",       "template_versions"};
  return kTables.contains(finding.table);
}

}  // namespace

std::vector<Finding> verify_store(Connection& connection) {
  std::vector<Finding> findings = verify_tables(connection);
  if (!findings.empty()) return findings;
  verify_tables_contents(connection, findings);
  if (std::none_of(findings.begin(), findings.end(), concerns_plans)) verify_view(connection, findings);
  return findings;
}

StoreCounts count_store(Connection& connection) {
  Result rows = connection.query(
      "SELECT (SELECT count(*) FROM plans), (SELECT count(*) FROM test_rows), (SELECT count(*) FROM "
      "templates "
      "WHERE removed_at IS NULL), (SELECT count(*) FROM runs), (SELECT count(*) FROM outcomes)");
  rows.next();
  return {rows.integer(0), rows.integer(1), rows.integer(2), rows.integer(3), rows.integer(4)};
}

}  // namespace testloom
