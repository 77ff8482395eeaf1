#include "plan/plan_diff.h"

namespace testloom {

namespace {

// The cells of both plans with the number of their case, and a hash of what they are; then for each model
// with tests one number for all that its tests are, and the models that have no equal in the other plan.
constexpr const char* kModelsSql = R"sql(
CREATE OR REPLACE TEMP TABLE diff_cells AS
SELECT k.plan_id = $1 AS is_new, k.cell, hash(v.definition_hash) AS definition, k.priority,
       hash(k.memory_bytes, k.host_memory_bytes, k.time_s, k.memory_origin) AS estimate,
       c.hardware_type || '/' || v.template_name || c.label AS case_end,
       dense_rank() OVER (ORDER BY c.hardware_type, v.template_name, c.label) AS case_number
FROM plan_cells k
JOIN combos c ON c.plan_id = k.plan_id AND c.combo = k.combo
JOIN template_versions v ON v.version_id = k.version_id
WHERE k.plan_id IN ($1, $2)
)sql";

constexpr const char* kOtherModelsSql = R"sql(
CREATE OR REPLACE TEMP TABLE diff_models AS
WITH tests AS (SELECT r.plan_id = $1 AS is_new, r.model, sum(hash(k.case_number, k.definition, k.priority, k.estimate)::HUGEINT) AS tests
               FROM test_rows r JOIN diff_cells k ON k.cell = r.cell AND k.is_new = (r.plan_id = $1)
               WHERE r.plan_id IN ($1, $2) GROUP BY ALL),
     models AS (SELECT t.is_new, t.model, m.model_name, m.model_location, hash(m.model_family, m.definition_hash) AS definition,
                       hash(t.tests, m.model_family, m.definition_hash, m.model_location) AS all_of_it
                FROM tests t JOIN plan_models m ON m.plan_id = CASE WHEN t.is_new THEN $1 ELSE $2 END AND m.model = t.model)
SELECT n.model AS model, o.model AS old_model, coalesce(n.model_name, o.model_name) AS model_name, n.definition, o.definition AS old_definition,
       n.model_location IS DISTINCT FROM o.model_location AS is_elsewhere
FROM (SELECT * FROM models WHERE is_new) n
FULL JOIN (SELECT * FROM models WHERE NOT is_new) o ON o.model_name = n.model_name
WHERE n.all_of_it IS DISTINCT FROM o.all_of_it
)sql";

// Every case of these models that is not the same in both, with a word for how it differs.
constexpr const char* kDifferencesSql = R"sql(
CREATE OR REPLACE TEMP TABLE differences AS
WITH pairs AS (SELECT row_number() OVER () AS pair, * FROM diff_models),
     now AS (SELECT p.pair, p.model_name, p.definition, p.is_elsewhere, k.* EXCLUDE (definition), k.definition AS template
             FROM pairs p JOIN test_rows r ON r.plan_id = $1 AND r.model = p.model
             JOIN diff_cells k ON k.is_new AND k.cell = r.cell),
     old AS (SELECT p.pair, p.model_name, p.old_definition AS definition, k.* EXCLUDE (definition), k.definition AS template
             FROM pairs p JOIN test_rows r ON r.plan_id = $2 AND r.model = p.old_model
             JOIN diff_cells k ON NOT k.is_new AND k.cell = r.cell)
SELECT * FROM (
  SELECT coalesce(n.model_name, o.model_name) AS model_name, coalesce(n.case_end, o.case_end) AS case_end,
         CASE WHEN o.pair IS NULL THEN 'added' WHEN n.pair IS NULL THEN 'removed'
              WHEN n.definition <> o.definition OR n.template <> o.template THEN 'changed'
              WHEN n.is_elsewhere OR n.priority <> o.priority OR n.estimate <> o.estimate THEN 'refreshed' END AS how
  FROM now n FULL JOIN old o ON o.pair = n.pair AND o.case_number = n.case_number)
WHERE how IS NOT NULL
)sql";

void find_differences(Connection& connection, int64_t plan_id, int64_t previous) {
  connection.query(kModelsSql, {plan_id, previous});
  connection.query(kOtherModelsSql, {plan_id, previous});
  connection.query(kDifferencesSql, {plan_id, previous});
}

}  // namespace

PlanDiff compare_plans(Connection& connection, int64_t plan_id, int64_t previous) {
  find_differences(connection, plan_id, previous);
  Result rows = connection.query(
      "SELECT count(*) FILTER (how = 'added'), count(*) FILTER (how = 'removed'), count(*) FILTER (how = "
      "'changed'), "
      "count(*) FILTER (how = 'refreshed') FROM differences");
  rows.next();
  return {previous, rows.integer(0), rows.integer(1), rows.integer(2), rows.integer(3)};
}

void for_each_difference(Connection& connection, int64_t plan_id, int64_t previous,
                         const std::function<void(std::string_view case_name, std::string_view how)>& use) {
  find_differences(connection, plan_id, previous);
  Result rows =
      connection.query("SELECT model_name || '/' || case_end, how FROM differences ORDER BY how, 1");
  while (rows.next()) use(rows.text(0), rows.text(1));
}

}  // namespace testloom
