#include "plan/selection.h"

#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "store/appender.h"
#include "store/sql_text.h"

namespace testloom {

namespace {

constexpr const char* kVariantsSql = R"sql(
CREATE OR REPLACE TEMP TABLE variants (
  template_id INTEGER, template_name VARCHAR, model_family VARCHAR, hardware_type VARCHAR, on_hardware VARCHAR,
  version_id INTEGER, problem VARCHAR, uses_model_data BOOLEAN, is_wanted BOOLEAN);
CREATE OR REPLACE TEMP TABLE required (version_id INTEGER, root VARCHAR, pointer VARCHAR, shown VARCHAR);
CREATE OR REPLACE TEMP TABLE plan_hardware (hardware_type VARCHAR, is_wanted BOOLEAN);
)sql";

// Models of one family, pinned template and profile are one group: they have the same tests and estimates,
// but for keys that one of them lacks and what conditions say of it.
constexpr const char* kGroupsSql = R"sql(
CREATE OR REPLACE TEMP TABLE groups AS
SELECT model_family, template_id AS pinned, profile, count(*) AS models, min(model) AS first_model
FROM planned_models WHERE plan_id = $1 GROUP BY ALL
)sql";

// Among variants of one name the one for exactly this hardware wins over the one for any; of several alike
// (in a store of the original code) the latest. A pinned template is taken whatever its family, where its
// hardware fits.
constexpr const char* kSelectionSql = R"sql(
CREATE OR REPLACE TEMP TABLE candidates AS
WITH wanted AS (SELECT DISTINCT model_family, pinned FROM groups)
SELECT w.model_family, w.pinned, h.hardware_type, v.version_id, v.problem, v.template_name,
       h.is_wanted AND v.is_wanted AS is_wanted
FROM wanted w CROSS JOIN plan_hardware h
JOIN variants v ON v.on_hardware = h.hardware_type
               AND CASE WHEN w.pinned IS NULL THEN v.model_family = w.model_family ELSE v.template_id = w.pinned END
QUALIFY row_number() OVER (PARTITION BY w.model_family, w.pinned, h.hardware_type, v.template_name
                           ORDER BY v.hardware_type IS NOT NULL DESC, v.template_id DESC) = 1
)sql";

// The models that lack a key of their config or of their list's attributes that a template cannot do without.
constexpr const char* kLacksSql = R"sql(
CREATE OR REPLACE TEMP TABLE lacks AS
SELECT m.model, c.hardware_type, c.version_id,
       CASE WHEN r.root = 'config' THEN 'its config has no ' ELSE 'it has no attribute ' END || r.shown AS reason
FROM candidates c
JOIN required r ON r.version_id = c.version_id
JOIN planned_models m ON m.plan_id = $1 AND m.model_family = c.model_family AND m.template_id IS NOT DISTINCT FROM c.pinned
WHERE c.problem IS NULL
  AND NOT coalesce(json_exists(CASE WHEN r.root = 'config' THEN m.config ELSE m.attributes END, r.pointer), false)
QUALIFY row_number() OVER (PARTITION BY m.model, c.hardware_type, c.version_id ORDER BY r.root, r.pointer) = 1
)sql";

// First the groups that no template is for on a hardware type, then those whose template does not pass.
constexpr const char* kSkipsSql = R"sql(
CREATE OR REPLACE TEMP TABLE skips AS
WITH hardware AS (SELECT hardware_type FROM plan_hardware WHERE is_wanted),
     answered AS (SELECT DISTINCT model_family, pinned, hardware_type FROM candidates WHERE is_wanted)
SELECT m.model_family, m.pinned, h.hardware_type,
       CASE WHEN m.pinned IS NOT NULL AND p.template_id IS NULL
              THEN 'the template ' || m.pinned || ' that its mapping pins is not there any more'
            WHEN m.pinned IS NOT NULL AND p.hardware_type <> h.hardware_type
              THEN 'the template ' || m.pinned || ' that its mapping pins is for ' || p.hardware_type || ' alone'
            WHEN m.pinned IS NOT NULL
              THEN 'the template ' || m.pinned || ' that its mapping pins is not among the plan''s templates'
            WHEN m.model_family = 'unknown' THEN 'the model''s family is unknown'
            ELSE 'no template for family ' || m.model_family || ' on ' || h.hardware_type END AS reason
FROM (SELECT DISTINCT model_family, pinned FROM groups) m CROSS JOIN hardware h
LEFT JOIN templates p ON p.template_id = m.pinned AND p.removed_at IS NULL
WHERE NOT EXISTS (SELECT 1 FROM answered a
                  WHERE a.model_family = m.model_family AND a.pinned IS NOT DISTINCT FROM m.pinned
                    AND a.hardware_type = h.hardware_type)
UNION ALL
SELECT model_family, pinned, hardware_type, problem FROM candidates WHERE problem IS NOT NULL AND is_wanted
)sql";

void add(Appender& rows, const std::optional<std::string>& text) { text ? rows.add(*text) : rows.add_null(); }

void add_required(Appender& rows, const Variant& variant) {
  for (const RequiredKey& key : variant.required_keys) {
    rows.add(*variant.version_id).add(key.root).add(json_pointer(key.path));
    rows.add(quote(join(key.path, "."), 200)).end_row();
  }
}

void write_variants(Connection& connection, const SelectionRequest& request) {
  Appender hardware(connection, "temp", "plan_hardware"), variants(connection, "temp", "variants"),
      required(connection, "temp", "required");
  for (const std::string& hardware_type : request.hardware_types)
    hardware.add(hardware_type).add_boolean(true).end_row();
  for (const std::string& hardware_type : request.needed_hardware_types)
    hardware.add(hardware_type).add_boolean(false).end_row();
  std::set<int64_t> seen;
  for (const Variant& variant : request.variants) {
    variants.add(variant.template_id).add(variant.template_name).add(variant.model_family);
    add(variants, variant.hardware_type);
    variants.add(variant.on_hardware);
    variant.version_id ? variants.add(*variant.version_id) : variants.add_null();
    add(variants, variant.problem.empty() ? std::nullopt : std::optional(variant.problem));
    variants.add_boolean(variant.uses_model_data);
    variants.add_boolean(!request.template_names || request.template_names->contains(variant.template_name));
    variants.end_row();
    if (variant.version_id && seen.insert(*variant.version_id).second) add_required(required, variant);
  }
  for (Appender* rows : {&hardware, &variants, &required}) rows->flush();
}

}  // namespace

void select_templates(Connection& connection, int64_t plan_id, const SelectionRequest& request) {
  connection.execute(kVariantsSql);
  write_variants(connection, request);
  connection.query(kGroupsSql, {plan_id});
  connection.execute(kSelectionSql);
  connection.query(kLacksSql, {plan_id});
  connection.execute(kSkipsSql);
}

}  // namespace testloom
