#include "plan/plan_summary.h"

namespace testloom {

namespace {

// Cells that gave no test, by reason: those of whole groups, less those that single models have nevertheless
// by an inclusion, and those of single models.
constexpr const char* kSkippedSql = R"sql(
WITH by_group AS (SELECT reason, model_family, pinned, NULL AS profile, $2 AS cells FROM skips
                  UNION ALL SELECT reason, model_family, pinned, profile, 1 FROM chosen WHERE reason IS NOT NULL),
     of_groups AS (SELECT reason, model_family, pinned, profile, sum(cells) AS cells FROM by_group GROUP BY ALL),
     of_models AS (SELECT l.reason, l.model, count(*) AS cells
                   FROM lacks l
                   JOIN planned_models m ON m.plan_id = $1 AND m.model = l.model
                   JOIN chosen s ON s.version_id = l.version_id AND s.hardware_type = l.hardware_type
                     AND s.model_family = m.model_family AND s.pinned IS NOT DISTINCT FROM m.template_id
                     AND s.profile = m.profile AND s.reason IS NULL
                   GROUP BY ALL
                   UNION ALL SELECT reason, model, count(*) FROM expanded WHERE reason IS NOT NULL GROUP BY ALL),
     all_of AS (SELECT reason, sum(cells * g.models) AS cells, sum(g.models) AS models, min(g.first_model) AS first
                FROM of_groups s
                JOIN groups g ON g.model_family = s.model_family AND g.pinned IS NOT DISTINCT FROM s.pinned
                  AND (s.profile IS NULL OR s.profile = g.profile)
                GROUP BY reason
                UNION ALL SELECT s.reason, -count(*), 0, NULL
                FROM expanded e
                JOIN planned_models m ON m.plan_id = $1 AND m.model = e.model
                JOIN chosen s ON s.model_family = m.model_family AND s.pinned IS NOT DISTINCT FROM m.template_id
                  AND s.profile = m.profile AND s.version_id = e.version_id AND s.combo = e.combo
                WHERE s.reason IS NOT NULL GROUP BY s.reason
                UNION ALL SELECT reason, sum(cells), count(DISTINCT model), min(model) FROM of_models GROUP BY reason),
     without_figures AS (SELECT regexp_replace(reason, 'predicted [0-9.e+]+ GB, more', 'predicted to need more', 'g') AS plain, reason,
                                cells, models, first FROM all_of),
     summed AS (SELECT CASE WHEN min(reason) = max(reason) THEN min(reason) ELSE plain END AS reason,
                       sum(cells)::BIGINT AS cells, sum(models)::BIGINT AS models, min(first) AS first
                FROM without_figures GROUP BY plain)
SELECT s.reason, s.cells, s.models, m.model_name
FROM summed s JOIN planned_models m ON m.plan_id = $1 AND m.model = s.first
WHERE s.cells > 0 ORDER BY s.cells DESC, s.reason
)sql";

std::vector<Skipped> read_skipped(Connection& connection, int64_t plan_id, size_t batch_sizes) {
  Result rows = connection.query(kSkippedSql, {plan_id, static_cast<int64_t>(batch_sizes)});
  std::vector<Skipped> skipped;
  while (rows.next()) {
    skipped.push_back(
        {std::string(rows.text(0)), rows.integer(1), rows.integer(2), std::string(rows.text(3))});
  }
  return skipped;
}

// From the small tables, where all of a group's models have the same tests.
constexpr const char* kCountGroupsSql =
    "SELECT s.model_family, s.hardware_type, sum(g.models)::BIGINT, max(e.memory_bytes) / 1e9, min(s.combo) "
    "FROM chosen s JOIN estimates e ON e.estimate = s.estimate JOIN groups g ON g.model_family = "
    "s.model_family "
    "AND g.pinned IS NOT DISTINCT FROM s.pinned AND g.profile = s.profile WHERE s.reason IS NULL AND "
    "$1 = $1 GROUP BY ALL ORDER BY 1, 5";
constexpr const char* kCountRowsSql = R"sql(
WITH counted AS (SELECT model, cell, count(*) AS tests FROM test_rows WHERE plan_id = $1 GROUP BY ALL)
SELECT m.model_family, c.hardware_type, sum(r.tests)::BIGINT, max(k.memory_bytes) / 1e9
FROM counted r
JOIN plan_cells k ON k.plan_id = $1 AND k.cell = r.cell
JOIN planned_models m ON m.plan_id = $1 AND m.model = r.model
JOIN combos c ON c.plan_id = $1 AND c.combo = k.combo
GROUP BY ALL ORDER BY 1, min(c.combo)
)sql";

std::vector<PlanCount> read_counts(Connection& connection, int64_t plan_id) {
  const bool alike = !connection.query("SELECT 1 FROM lacks UNION ALL SELECT 1 FROM single LIMIT 1").next();
  Result rows = connection.query(alike ? kCountGroupsSql : kCountRowsSql, {plan_id});
  std::vector<PlanCount> counts;
  while (rows.next())
    counts.push_back({std::string(rows.text(0)), std::string(rows.text(1)), rows.integer(2), rows.real(3)});
  return counts;
}

std::vector<std::string> read_unknown(Connection& connection, int64_t plan_id) {
  Result rows = connection.query(
      "SELECT model_name FROM planned_models WHERE plan_id = ? AND model_family = 'unknown' AND template_id "
      "IS "
      "NULL ORDER BY "
      "model LIMIT 20",
      {plan_id});
  std::vector<std::string> names;
  while (rows.next()) names.emplace_back(rows.text(0));
  return names;
}

}  // namespace

PlanSummary summarise(Connection& connection, int64_t plan_id, const PlanSpec& spec) {
  PlanSummary summary;
  summary.plan_id = plan_id;
  summary.counts = read_counts(connection, plan_id);
  for (const PlanCount& count : summary.counts) summary.tests += count.tests;
  summary.skipped = read_skipped(connection, plan_id, spec.batch_sizes.size());
  summary.unknown_models = read_unknown(connection, plan_id);
  Result rows = connection.query(
      R"sql(
SELECT (SELECT coalesce(max(memory_bytes), 0) / 1e9 FROM plan_cells WHERE plan_id = $1),
       (SELECT coalesce(max(tests), 0)
        FROM (SELECT count(*) AS tests FROM chosen WHERE reason IS NULL AND NOT is_reference AND $2
              GROUP BY model_family, pinned, profile, version_id, chain
              UNION ALL
              SELECT count(*) FROM expanded WHERE reason IS NULL AND NOT is_reference GROUP BY model, version_id, chain))
)sql",
      {plan_id, !connection.query("SELECT 1 FROM single LIMIT 1").next()});
  rows.next();
  summary.largest_memory_gb = rows.real(0);
  summary.longest_chain = rows.integer(1);
  summary.time = predict_time(connection, plan_id);
  return summary;
}

}  // namespace testloom
