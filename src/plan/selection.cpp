#include "plan/selection.h"

#include <fmt/format.h>

#include "base/text.h"
#include "catalog/template_parts.h"

namespace testloom {

namespace {

constexpr const char* kVariantsSql = R"sql(
CREATE OR REPLACE TEMP TABLE live AS
SELECT template_id, template_name, model_family, hardware_type, version
FROM templates WHERE removed_at IS NULL AND NOT coalesce(is_partial, false);
CREATE OR REPLACE TEMP TABLE variants (
  template_id INTEGER, template_name VARCHAR, model_family VARCHAR, hardware_type VARCHAR, on_hardware VARCHAR,
  version_id INTEGER, problem VARCHAR, uses_model_data BOOLEAN);
CREATE OR REPLACE TEMP TABLE required (version_id INTEGER, root VARCHAR, pointer VARCHAR, shown VARCHAR);
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
JOIN plan_models m ON m.plan_id = $1 AND m.model_family = c.model_family AND m.template_id IS NOT DISTINCT FROM c.pinned
LEFT JOIN models k ON k.model_name = m.model_name
WHERE c.problem IS NULL
  AND NOT coalesce(json_exists(CASE WHEN r.root = 'config' THEN k.config ELSE k.attributes END, r.pointer), false)
QUALIFY row_number() OVER (PARTITION BY m.model, c.hardware_type, c.version_id ORDER BY r.root, r.pointer) = 1
)sql";

// Later changes of a model do not change the plan: what templates may ask of it is kept, where they do.
constexpr const char* kKeepModelDataSql = R"sql(
UPDATE plan_models SET config = k.config, attributes = k.attributes
FROM models k
WHERE plan_models.plan_id = $1 AND k.model_name = plan_models.model_name
  AND EXISTS (SELECT 1 FROM candidates c JOIN variants v ON v.version_id = c.version_id AND v.uses_model_data)
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
LEFT JOIN live p ON p.template_id = m.template_id
WHERE m.plan_id = $1
  AND NOT EXISTS (SELECT 1 FROM answered a
                  WHERE a.model_family = m.model_family AND a.pinned IS NOT DISTINCT FROM m.template_id
                    AND a.hardware_type = h.hardware_type)
UNION ALL
SELECT m.model, c.hardware_type, c.problem
FROM plan_models m
JOIN candidates c ON c.model_family = m.model_family AND c.pinned IS NOT DISTINCT FROM m.template_id
WHERE m.plan_id = $1 AND c.problem IS NOT NULL
UNION ALL
SELECT model, hardware_type, reason FROM lacks
)sql";

// A key of JSON as part of a pointer (RFC 6901).
std::string pointer_of(const std::vector<std::string>& path) {
  std::string pointer;
  for (const std::string& key : path) {
    pointer += '/';
    for (const char c : key) {
      if (c == '~' || c == '/') {
        pointer += c == '~' ? "~0" : "~1";
      } else {
        pointer += c;
      }
    }
  }
  return pointer;
}

struct LiveTemplate {
  VersionKey key;
  OutputKind output;
  std::vector<UsedTemplate> files;  // what it took from files when it was added
};

std::vector<LiveTemplate> read_live(Connection& connection) {
  Result rows = connection.query(
      "SELECT l.template_id, l.version, l.template_name, l.model_family, l.hardware_type, v.content, "
      "coalesce(v.output_kind, 'python'), v.version_id FROM live l JOIN template_versions v ON v.template_id "
      "= "
      "l.template_id AND v.version = l.version QUALIFY row_number() OVER (PARTITION BY l.template_id ORDER "
      "BY "
      "v.version_id) = 1 ORDER BY l.template_id");
  std::vector<LiveTemplate> live;
  while (rows.next()) {
    LiveTemplate found{{rows.integer(0), rows.integer(1), std::string(rows.text(2)),
                        std::string(rows.text(3)), rows.optional_text(4), std::string(rows.text(5))},
                       parse_output_kind(rows.text(6)).value_or(OutputKind::python),
                       {}};
    for (UsedTemplate& part : read_parts(connection, rows.integer(7))) {
      if (!part.found.stored) found.files.push_back(std::move(part));
    }
    live.push_back(std::move(found));
  }
  return live;
}

// One compiled text of a template, for some of the plan's hardware types.
struct Variant {
  std::optional<int64_t> version_id;
  std::string problem;
  bool uses_model_data = false;
  bool depends_on_hardware = false;  // texts of the store are part of it
};

void write_required(Connection& connection, int64_t version_id, const Template& compiled) {
  for (const RequiredKey& key : compiled.required_keys()) {
    connection.query("INSERT INTO required VALUES (?, ?, ?, ?)",
                     {version_id, key.root, pointer_of(key.path), quote(join(key.path, "."), 200)});
  }
}

std::string find_parameter_without_value(const Template& compiled) {
  for (const ParameterInfo& parameter : compiled.parameters()) {
    if (!parameter.default_value) return parameter.name;
  }
  return {};
}

Variant make_variant(Connection& connection, const LiveTemplate& live, const std::string& hardware_type) {
  const std::string path = fmt::format("template '{}'", live.key.template_name);
  PartsFinder files(live.files, path);
  StoreFinder stored(connection, {live.key.model_family, hardware_type});
  FinderChain finder(&files, &stored);
  Variant variant;
  try {
    const Template compiled =
        Template::compile(path, live.key.content, {.output = live.output, .finder = &finder});
    variant.version_id = write_version(connection, live.key, compiled);
    write_required(connection, *variant.version_id, compiled);
    for (const UsedTemplate& used : compiled.used_templates())
      variant.depends_on_hardware |= used.found.stored;
    for (const std::string_view name : compiled.used_names()) {
      variant.uses_model_data = variant.uses_model_data || name == "config" || name == "model";
    }
    if (const std::string parameter = find_parameter_without_value(compiled); !parameter.empty()) {
      variant.problem = fmt::format("the parameter '{}' of the {} has no value", parameter, path);
    }
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::template_text) throw;
    variant.depends_on_hardware = true;
    variant.problem = fmt::format("the {} does not pass its check: {}", path, error.message());
  }
  return variant;
}

// There are few templates, so all are compiled; those made of the store's texts for each hardware type, since
// these may have variants.
void make_variants(Connection& connection, int64_t plan_id) {
  std::vector<std::string> hardware_types;
  Result rows = connection.query("SELECT DISTINCT hardware_type FROM combos WHERE plan_id = ?", {plan_id});
  while (rows.next()) hardware_types.emplace_back(rows.text(0));
  for (const LiveTemplate& live : read_live(connection)) {
    std::optional<Variant> variant;
    for (const std::string& hardware_type : hardware_types) {
      if (live.key.hardware_type && *live.key.hardware_type != hardware_type) continue;
      if (!variant || variant->depends_on_hardware) variant = make_variant(connection, live, hardware_type);
      const Parameter problem = variant->problem.empty() ? Parameter() : Parameter(variant->problem);
      connection.query("INSERT INTO variants VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                       {live.key.template_id, live.key.template_name, live.key.model_family,
                        or_null(live.key.hardware_type), hardware_type, or_null(variant->version_id), problem,
                        variant->uses_model_data});
    }
  }
}

}  // namespace

void select_templates(Connection& connection, int64_t plan_id) {
  connection.execute(kVariantsSql);
  make_variants(connection, plan_id);
  connection.query(kSelectionSql, {plan_id});
  connection.query(kLacksSql, {plan_id});
  connection.query(kSkipsSql, {plan_id});
  connection.query(kKeepModelDataSql, {plan_id});
  connection.execute(
      "CREATE OR REPLACE TEMP TABLE selection AS SELECT model_family, pinned, hardware_type, version_id FROM "
      "candidates WHERE problem IS NULL");
}

}  // namespace testloom
