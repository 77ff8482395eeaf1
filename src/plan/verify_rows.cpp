// What has to hold for single tests: the rows of the big table, some models at a time.
#include <algorithm>

#include <fmt/format.h>

#include "plan/verify_checks.h"

namespace testloom {

namespace {

// Enough that a statement's own cost is little beside it.
constexpr int64_t kTestsAtOnce = 2'000'000;

// A kind is what a test is of its model: a plan's version and combo, which several cells may have that differ
// in what comes before. -1 stands for one that no cell has.
constexpr const char* kKindsSql = R"sql(
CREATE OR REPLACE TEMP TABLE verify_kinds AS
SELECT plan_id, version_id, combo, row_number() OVER () AS kind
FROM (SELECT DISTINCT plan_id, version_id, combo FROM plan_cells);
CREATE OR REPLACE TEMP TABLE verify_cells AS
SELECT k.plan_id, k.cell, n.kind, CASE WHEN k.previous_combo IS NOT NULL THEN coalesce(p.kind, -1) END AS previous
FROM (SELECT * FROM plan_cells QUALIFY row_number() OVER (PARTITION BY plan_id, cell) = 1) k
JOIN verify_kinds n ON n.plan_id = k.plan_id AND n.version_id = k.version_id AND n.combo = k.combo
LEFT JOIN verify_kinds p ON p.plan_id = k.plan_id AND p.version_id = k.version_id AND p.combo = k.previous_combo;
CREATE OR REPLACE TEMP TABLE verify_needs AS
SELECT DISTINCT e.model_family, e.pinned, e.profile, k.kind, coalesce(n.kind, -1) AS needed
FROM needs e
JOIN verify_kinds k ON k.plan_id = e.plan_id AND k.version_id = e.version_id AND k.combo = e.combo
LEFT JOIN verify_kinds n ON n.plan_id = e.plan_id AND n.version_id = e.needed_version_id AND n.combo = e.needed_combo;
)sql";

// Models with the same cells (as far as a sum of hashes tells) stand for each other, so that mostly a few
// models' tests are looked at. The family is NULL where plan_models does not have the model.
constexpr const char* kAlikeSql = R"sql(
CREATE OR REPLACE TEMP TABLE verify_alike AS
SELECT min(s.model) AS model, count(*) AS models, m.model_family, m.template_id AS pinned, m.profile
FROM (SELECT model, count(*) AS tests, sum(hash(cell)::HUGEINT) AS cells
      FROM test_rows WHERE plan_id = $1 AND model >= $2 AND model < $3 GROUP BY model) s
LEFT JOIN plan_models m ON m.plan_id = $1 AND m.model >= $2 AND m.model < $3 AND m.model = s.model
GROUP BY m.model_family, m.template_id, m.profile, s.tests, s.cells
)sql";
constexpr const char* kRangeSql = R"sql(
CREATE OR REPLACE TEMP TABLE verify_range AS
SELECT r.model, r.cell, k.kind, k.previous, a.models, a.model_family, a.pinned, a.profile
FROM test_rows r
JOIN verify_alike a ON a.model = r.model
JOIN verify_cells k ON k.plan_id = $1 AND k.cell = r.cell
WHERE r.plan_id = $1 AND r.model >= $2 AND r.model < $3
)sql";

struct RowCheck {
  const char* what;
  const char* breaches;  // SELECT n, model, cell of the tests that should not be so
};

constexpr RowCheck kRowChecks[] = {
    {"tests that are there twice",
     "SELECT (count(*) - 1) * any_value(models) AS n, model, min(cell) AS cell FROM verify_range GROUP BY "
     "model, kind HAVING count(*) > 1 AND min(cell) = max(cell)"},
    {"tests of two cells with the same template version and combo",
     "SELECT (count(*) - 1) * any_value(models) AS n, model, max(cell) AS cell FROM verify_range GROUP BY "
     "model, kind HAVING count(*) > 1 AND min(cell) <> max(cell)"},
    {"tests of a model that plan_models does not have",
     "SELECT models AS n, model, cell FROM verify_range WHERE model_family IS NULL"},
    {"tests whose previous test is not there",
     "SELECT models AS n, model, cell FROM verify_range r WHERE previous IS NOT NULL AND NOT EXISTS (SELECT "
     "1 "
     "FROM verify_range p WHERE p.model = r.model AND p.kind = r.previous)"},
    {"tests that need one which is not there",
     "SELECT r.models AS n, r.model, r.cell FROM verify_range r JOIN verify_needs e ON e.model_family = "
     "r.model_family AND e.pinned IS NOT DISTINCT FROM r.pinned AND e.profile = r.profile AND e.kind = "
     "r.kind WHERE NOT EXISTS (SELECT "
     "1 FROM "
     "verify_range p WHERE p.model = r.model AND p.kind = e.needed)"},
};

void look(Connection& connection, int64_t plan_id, const RowCheck& check, std::vector<Finding>& findings) {
  Result rows = connection.query(
      fmt::format("SELECT coalesce(sum(n), 0)::BIGINT, min(model), arg_min(cell, (model, cell)) FROM ({})",
                  check.breaches));
  rows.next();
  if (rows.integer(0) == 0) return;
  const auto known = std::find_if(findings.begin(), findings.end(), [&](const Finding& finding) {
    return finding.table == "test_rows" && finding.what == check.what;
  });
  if (known != findings.end()) {
    known->count += rows.integer(0);
    return;
  }
  findings.push_back({"test_rows", check.what, rows.integer(0),
                      fmt::format("plan_id {}, model {}, cell {}", plan_id, rows.integer(1), rows.integer(2)),
                      kPlanAnew});
}

}  // namespace

void verify_rows(Connection& connection, std::vector<Finding>& findings) {
  connection.execute(kKindsSql);
  struct Extent {
    int64_t plan_id, begin, end, tests;
  };
  std::vector<Extent> plans;
  Result rows = connection.query(
      "SELECT plan_id, min(model), max(model) + 1, count(*) FROM test_rows GROUP BY plan_id ORDER BY "
      "plan_id");
  while (rows.next()) plans.push_back({rows.integer(0), rows.integer(1), rows.integer(2), rows.integer(3)});
  for (const Extent& plan : plans) {
    const int64_t per_model = std::max<int64_t>(1, plan.tests / (plan.end - plan.begin));
    const int64_t models = std::max<int64_t>(1, kTestsAtOnce / per_model);
    for (int64_t model = plan.begin; model < plan.end; model += models) {
      const int64_t until = std::min(plan.end, model + models);
      connection.query(kAlikeSql, {plan.plan_id, model, until});
      connection.query(kRangeSql, {plan.plan_id, model, until});
      for (const RowCheck& check : kRowChecks) look(connection, plan.plan_id, check, findings);
    }
  }
}

}  // namespace testloom
