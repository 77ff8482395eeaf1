#include "plan/plan_models.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/files.h"
#include "base/text.h"
#include "catalog/models.h"
#include "model/family/folder_family.h"
#include "model/files/hub_cache.h"
#include "model/files/json_text.h"
#include "plan/estimates/profile_names.h"
#include "plan/test_columns.h"
#include "store/appender.h"
#include "store/sql_text.h"

namespace testloom {

namespace {

constexpr const char* kRequestedSql = R"sql(
CREATE OR REPLACE TEMP TABLE requested (
  source INTEGER, model BIGINT, model_name VARCHAR, model_family VARCHAR, task VARCHAR, location VARCHAR,
  revision VARCHAR, config JSON, attributes JSON);
)sql";

// The models as this plan sees them. What a list says goes before what the store knows; a mapping is the
// user's own word and goes before a list.
constexpr std::string_view kModelsSql = R"sql(
CREATE OR REPLACE TEMP TABLE planned_models AS
WITH mapping AS (SELECT * FROM model_mapping
                 QUALIFY row_number() OVER (PARTITION BY model_name ORDER BY mapping_id DESC) = 1),
     known AS (SELECT r.model, r.model_name, coalesce(r.location, k.location, r.model_name) AS model_location,
                      coalesce(r.task, k.task) AS task, coalesce(r.config, k.config) AS config,
                      coalesce(r.config, k.config, f.config) AS known_config,
                      CASE WHEN r.attributes IS NULL THEN k.attributes WHEN k.attributes IS NULL THEN r.attributes
                           ELSE json_merge_patch(k.attributes, r.attributes) END AS attributes,
                      coalesce(r.revision, k.revision) AS revision, k.parameter_count, k.weight_bytes,
                      coalesce(p.model_family, r.model_family) AS said_family, p.template_id,
                      p.model_family IS NULL AND r.model_family IS NOT NULL AS is_listed,
                      CASE WHEN c.guess IS NOT NULL THEN c.guess
                           WHEN r.config IS NULL AND k.config IS NULL AND NOT coalesce(k.location ^@ '/', false)
                           THEN detect_family(r.model_name)
                           ELSE family_of_stored(r.model_name, coalesce(r.config::VARCHAR, k.config::VARCHAR, ''),
                                                 coalesce(k.location, '')) END AS guess
               FROM requested r
               LEFT JOIN models k ON k.model_name = r.model_name
               LEFT JOIN cached_families c ON c.model_name = r.model_name
               LEFT JOIN folder_configs f ON f.model_name = r.model_name
               LEFT JOIN mapping p ON p.model_name = r.model_name),
     decided AS (SELECT *, coalesce(said_family, guess.model_family) AS model_family,
                        coalesce(task, CASE WHEN said_family IS NULL OR said_family = guess.model_family
                                            THEN guess.task ELSE '' END) AS decided_task
                 FROM known)
SELECT {plan_id} AS plan_id, model::INTEGER AS model, model_name, model_location, model_family, decided_task AS task,
       CASE WHEN said_family IS NULL THEN guess.origin WHEN is_listed THEN 'list' ELSE 'mapping' END AS family_origin, template_id,
       ('0x' || substr(md5(model_name), 1, 8))::UINTEGER AS name_hash,
       CASE WHEN config IS NULL AND revision IS NULL AND attributes IS NULL THEN md5(decided_task || '  ')
            ELSE md5(decided_task || ' ' || coalesce(md5(config::VARCHAR), '') || ' ' || coalesce(md5(revision), '')
                     || coalesce(' ' || md5(attributes::VARCHAR), '')) END AS definition_hash,
       config, attributes,
       {profile} AS profile, known_config, parameter_count, weight_bytes
FROM decided
)sql";

// A model's config is kept with the plan only where a template asks for it: it may be long.
constexpr const char* kKeepSql = R"sql(
INSERT INTO plan_models
SELECT plan_id, model, model_name, model_location, model_family, task, family_origin, template_id, name_hash, definition_hash,
       CASE WHEN (SELECT bool_or(v.uses_model_data) FROM candidates c JOIN variants v ON v.version_id = c.version_id)
            THEN config END, attributes, profile
FROM planned_models
)sql";

// What the plan's estimates come from: each profile once, by its first model.
constexpr const char* kProfilesSql = R"sql(
CREATE OR REPLACE TEMP TABLE planned_profiles AS
SELECT plan_id, profile, model_family, task, known_config AS config, parameter_count, weight_bytes, model_name
FROM planned_models
WHERE model IN (SELECT min(first_model) FROM groups WHERE profile <> '' GROUP BY profile)
ORDER BY model
)sql";

[[noreturn]] void refuse(const PlanSpec& spec, const SpecPlace& place, std::string message,
                         std::string hint) {
  throw Error(ErrorKind::spec, std::vector{diagnose(spec, place, std::move(message), std::move(hint))});
}

// A list file, on its way into the table `requested`.
void request_list(Connection& connection, const PlanSpec& spec, const ModelSource& source, int64_t number,
                  AttributeTypes& attributes) {
  try {
    for (const auto& [name, type] : read_model_list(connection, *source.list)) {
      const auto [known, added] = attributes.emplace(name, type);
      if (!added && known->second != type) known->second = "VARCHAR";
    }
  } catch (const Error& error) {
    const bool says_where = error.diagnostics().front().where.line > 0;  // in the list itself
    if (error.kind() != ErrorKind::spec || says_where) throw;
    refuse(spec, source.place, error.message(), error.diagnostics().front().hint);
  }
  connection.query("INSERT INTO requested SELECT ?, * FROM listed_models", {number});
  connection.execute("DROP TABLE listed_models");
}

std::vector<std::string> names_of(Connection& connection, const PlanSpec& spec) {
  std::vector<std::string> patterns;
  for (const ModelSource& source : spec.models) {
    if (!source.list) patterns.push_back(source.pattern);
  }
  if (patterns.empty()) return patterns;
  try {
    return resolve_models(connection, patterns);
  } catch (const Error&) {
    if (spec.path.empty()) throw;
    for (const ModelSource& source : spec.models) {  // which of them it was
      if (source.list) continue;
      try {
        resolve_models(connection, {source.pattern});
      } catch (const Error& error) {
        refuse(spec, source.place, error.message(), error.diagnostics().front().hint);
      }
    }
    throw;
  }
}

// The types of attributes that the store knows and no list told: JSON's own, where all values agree.
void add_known_types(Connection& connection, int64_t plan_id, AttributeTypes& types) {
  for (const auto& [name, type] : json_columns(connection, "attributes", "planned_models", plan_id))
    types.emplace(name, type);
}

// Each model once, numbered in the order of the sources; what a list says of one counts before its name
// alone.
void merge_sources(Connection& connection) {
  connection.execute(R"sql(
CREATE OR REPLACE TEMP TABLE requested AS
SELECT source, row_number() OVER (ORDER BY source, model) - 1 AS model, * EXCLUDE (source, model)
FROM (SELECT * FROM requested
      QUALIFY row_number() OVER (PARTITION BY model_name ORDER BY source = 0, source, model) = 1)
)sql");
}

void request_names(Connection& connection, int64_t source, const std::vector<std::string>& names) {
  connection.query(
      "INSERT INTO requested (source, model, model_name) SELECT $1, unnest(range(len($2))), unnest($2)",
      {source, names});
}

// Fills the table `cached_families`: what the hub's cache on this machine says of models whose families
// neither the store nor their names tell. It is asked last, so that a plan does not hang on what was
// downloaded where it is made. The cache's folder is listed once, and only requested models are looked at.
void find_cached_families(Connection& connection, const HubCache& cache) {
  connection.execute(R"sql(
CREATE OR REPLACE TEMP TABLE cached_families (
  model_name VARCHAR, guess STRUCT(model_family VARCHAR, task VARCHAR, origin VARCHAR))
)sql");
  if (cache.empty()) return;
  Result rows = connection.query(R"sql(
SELECT r.model_name FROM requested r LEFT JOIN models k ON k.model_name = r.model_name
WHERE r.model_name IN (SELECT unnest($1)) AND r.model_family IS NULL
  AND family_of_stored(r.model_name, coalesce(r.config::VARCHAR, k.config::VARCHAR, ''), coalesce(k.location, '')).origin = 'none'
)sql",
                                 {cache.names()});
  std::vector<std::string> names;
  while (rows.next()) names.emplace_back(rows.text(0));
  for (const std::string& name : names) {
    const auto snapshot = cache.snapshot(name);
    const std::optional<FamilyGuess> found = snapshot ? family_of_folder(*snapshot) : std::nullopt;
    if (!found) continue;
    connection.query(
        "INSERT INTO cached_families VALUES ($1, {'model_family': $2::VARCHAR, 'task': $3::VARCHAR, "
        "'origin': "
        "$4::VARCHAR})",
        {name, found->model_family, found->task, found->origin});
  }
}

// The config.json in a folder; nothing where there is none that a store can keep.
std::optional<std::string> config_text(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "config.json";
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(file, ignored)) return std::nullopt;
  try {
    std::string text = read_file(file, max_config_bytes, ErrorKind::spec);
    parse_json_object(text, file.native());
    return text;
  } catch (const Error&) {
    return std::nullopt;
  }
}

// Fills the table `folder_configs`: the config.json of models that have none in the store or a list, in the
// folder of their location or in the hub's cache. Only estimates take them, which ids do not depend on.
void find_folder_configs(Connection& connection, const HubCache& cache) {
  connection.execute("CREATE OR REPLACE TEMP TABLE folder_configs (model_name VARCHAR, config JSON)");
  constexpr std::string_view sql = R"sql(
SELECT r.model_name, coalesce(r.location, k.location, '') AS folder
FROM requested r LEFT JOIN models k ON k.model_name = r.model_name
WHERE r.config IS NULL AND k.config IS NULL AND len($1) >= 0 AND (r.location ^@ '/' OR k.location ^@ '/'{})
)sql";
  const char* cached = cache.empty() ? "" : " OR r.model_name IN (SELECT unnest($1))";
  Result rows = connection.query(fmt::format(sql, cached), {cache.names()});
  Appender configs(connection, "temp", "folder_configs");
  while (rows.next()) {
    const std::string name(rows.text(0));
    std::optional<std::filesystem::path> folder;
    if (rows.text(1).starts_with('/'))
      folder = std::filesystem::path(rows.text(1));
    else
      folder = cache.snapshot(name);
    const std::optional<std::string> config = folder ? config_text(*folder) : std::nullopt;
    if (config) configs.add(name).add(*config).end_row();
  }
  configs.flush();
}

}  // namespace

std::string attribute_sql(const std::string& name, const std::string& type) {
  return fmt::format("try_cast(json_extract_string(m.attributes, {}) AS {})", sql_text(json_pointer({name})),
                     type);
}

AttributeTypes find_plan_models(Connection& connection, int64_t plan_id, const PlanSpec& spec,
                                const MeasuredCells& measured) {
  connection.execute(kRequestedSql);
  AttributeTypes types;
  request_names(connection, 0, names_of(connection, spec));
  int64_t number = 0;
  for (const ModelSource& source : spec.models) {
    if (source.list) request_list(connection, spec, source, ++number, types);
  }
  std::vector<std::string> included;
  for (const Inclusion& inclusion : spec.inclusions) {
    for (const auto& [key, value] : inclusion.cell) {
      if (key == "model_name") included.push_back(std::get<std::string>(value.data));
    }
  }
  if (!included.empty()) request_names(connection, number + 1, included);
  if (number > 1 || (number == 1 && spec.models.size() > 1) || !included.empty()) merge_sources(connection);
  const HubCache cache;
  find_cached_families(connection, cache);
  find_folder_configs(connection, cache);
  connection.execute(fmt::format(kModelsSql, fmt::arg("plan_id", plan_id),
                                 fmt::arg("profile", profile_sql(connection, measured))));
  connection.execute("DROP TABLE requested");
  add_known_types(connection, plan_id, types);
  return types;
}

void keep_plan_models(Connection& connection) {
  connection.execute(kKeepSql);
  connection.execute(kProfilesSql);
  connection.execute("INSERT INTO plan_profiles FROM planned_profiles");
}

}  // namespace testloom
