#include "plan/plan_time.h"

namespace testloom {

namespace {

// A case is model/hardware/template[batch_size=N,...]; of what stands before the slashes only models have
// more.
constexpr const char* kTimeSql = R"sql(
WITH named AS (
  SELECT regexp_extract("case", '^.*/([^/]+)/([^/\[]+)\[batch_size=([0-9]+)', ['hardware_type', 'template_name', 'batch_size']) AS c,
         duration_s
  FROM outcomes WHERE duration_s IS NOT NULL),
timed AS (SELECT c.hardware_type, c.template_name, try_cast(c.batch_size AS BIGINT) AS batch_size, duration_s FROM named),
by_cell AS (SELECT hardware_type, template_name, batch_size, median(duration_s) AS s FROM timed GROUP BY ALL),
by_hardware AS (SELECT hardware_type, template_name, median(duration_s) AS s FROM timed GROUP BY ALL),
by_template AS (SELECT template_name, median(duration_s) AS s FROM timed GROUP BY ALL),
counted AS (SELECT cell, count(*) AS tests FROM test_rows WHERE plan_id = $1 GROUP BY cell),
wanted AS (SELECT c.hardware_type, c.batch_size, v.template_name, sum(n.tests) AS tests
           FROM counted n
           JOIN plan_cells k ON k.plan_id = $1 AND k.cell = n.cell
           JOIN combos c ON c.plan_id = $1 AND c.combo = k.combo
           JOIN template_versions v ON v.version_id = k.version_id
           GROUP BY ALL)
SELECT sum(w.tests * coalesce(a.s, b.s, d.s))::DOUBLE,
       (sum(w.tests) FILTER (d.s IS NOT NULL))::DOUBLE / sum(w.tests)
FROM wanted w
LEFT JOIN by_cell a USING (hardware_type, template_name, batch_size)
LEFT JOIN by_hardware b USING (hardware_type, template_name)
LEFT JOIN by_template d USING (template_name)
)sql";

}  // namespace

std::optional<PlanTime> predict_time(Connection& connection, int64_t plan_id) {
  if (!connection.query("SELECT 1 FROM outcomes WHERE duration_s IS NOT NULL LIMIT 1").next())
    return std::nullopt;
  Result rows = connection.query(kTimeSql, {plan_id});
  if (!rows.next() || rows.is_null(0)) return std::nullopt;
  return PlanTime{rows.real(0) / rows.real(1), rows.real(1)};
}

}  // namespace testloom
