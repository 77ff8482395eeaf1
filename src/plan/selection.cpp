#include "plan/selection.h"

#include <fmt/format.h>

#include "base/text.h"
#include "testloom/template.h"

namespace testloom {

namespace {

// Every live variant with its current version; `problem` is filled in where its text does not pass.
constexpr const char* kVariantsSql = R"sql(
CREATE OR REPLACE TEMP TABLE variants AS
SELECT t.template_id, t.template_name, t.model_family, t.hardware_type, v.version_id, v.content,
       CAST(NULL AS VARCHAR) AS problem
FROM templates t
JOIN template_versions v ON v.template_id = t.template_id AND v.version = t.version
WHERE t.removed_at IS NULL
)sql";

// Among variants of one name the one for exactly this hardware wins over the one for any; of several alike
// (in a store of the original code) the latest. A pinned template is taken whatever its family, where its
// hardware fits.
constexpr const char* kSelectionSql = R"sql(
CREATE OR REPLACE TEMP TABLE candidates AS
WITH hardware AS (SELECT DISTINCT hardware_type FROM combos WHERE plan_id = $1),
     wanted AS (SELECT DISTINCT model_family, template_id AS pinned FROM plan_models WHERE plan_id = $1)
SELECT w.model_family, w.pinned, h.hardware_type, v.version_id, v.problem
FROM wanted w CROSS JOIN hardware h
JOIN variants v ON (v.hardware_type IS NULL OR v.hardware_type = h.hardware_type)
               AND CASE WHEN w.pinned IS NULL THEN v.model_family = w.model_family ELSE v.template_id = w.pinned END
QUALIFY row_number() OVER (PARTITION BY w.model_family, w.pinned, h.hardware_type, v.template_name
                           ORDER BY v.hardware_type IS NOT NULL DESC, v.template_id DESC) = 1
)sql";

// First the models that no template is for on a hardware type, then those whose template does not pass.
constexpr const char* kSkipsSql = R"sql(
CREATE OR REPLACE TEMP TABLE skips AS
WITH hardware AS (SELECT DISTINCT hardware_type FROM combos WHERE plan_id = $1),
     answered AS (SELECT DISTINCT model_family, pinned, hardware_type FROM candidates)
SELECT m.model, h.hardware_type,
       CASE WHEN m.template_id IS NOT NULL AND p.template_id IS NULL
              THEN 'the template ' || m.template_id || ' that its mapping pins is not there any more'
            WHEN m.template_id IS NOT NULL
              THEN 'the template ' || m.template_id || ' that its mapping pins is for ' || p.hardware_type || ' alone'
            WHEN m.model_family = 'unknown' THEN 'the model''s family is unknown'
            ELSE 'no template for family ' || m.model_family || ' on ' || h.hardware_type END AS reason
FROM plan_models m CROSS JOIN hardware h
LEFT JOIN variants p ON p.template_id = m.template_id
WHERE m.plan_id = $1
  AND NOT EXISTS (SELECT 1 FROM answered a
                  WHERE a.model_family = m.model_family AND a.pinned IS NOT DISTINCT FROM m.template_id
                    AND a.hardware_type = h.hardware_type)
UNION ALL
SELECT m.model, c.hardware_type, c.problem
FROM plan_models m
JOIN candidates c ON c.model_family = m.model_family AND c.pinned IS NOT DISTINCT FROM m.template_id
WHERE m.plan_id = $1 AND c.problem IS NOT NULL
)sql";

// Only templates that were never checked can fail here; there are few templates, so all are compiled.
void find_problems(Connection& connection) {
  Result rows = connection.query("SELECT version_id, template_name, content FROM variants");
  while (rows.next()) {
    const std::string path = fmt::format("template '{}'", rows.text(1));
    try {
      Template::compile(path, rows.text(2));
    } catch (const Error& error) {
      const std::string reason = fmt::format("the {} does not pass its check: {}", path, error.message());
      connection.query("UPDATE variants SET problem = ? WHERE version_id = ?", {reason, rows.integer(0)});
    }
  }
}

}  // namespace

void select_templates(Connection& connection, int64_t plan_id) {
  connection.execute(kVariantsSql);
  find_problems(connection);
  connection.query(kSelectionSql, {plan_id});
  connection.query(kSkipsSql, {plan_id});
  connection.execute(
      "CREATE OR REPLACE TEMP TABLE selection AS SELECT model_family, pinned, hardware_type, version_id FROM "
      "candidates "
      "WHERE problem IS NULL");
}

}  // namespace testloom
