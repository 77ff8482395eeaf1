#include "store/schema.h"

#include <fmt/format.h>

namespace testloom {

const char* const kTablesSql = R"sql(
CREATE TABLE store_info (schema_version INTEGER NOT NULL, created_by VARCHAR NOT NULL, created_at VARCHAR NOT NULL);

CREATE TABLE templates (
  template_id INTEGER PRIMARY KEY,
  template_name VARCHAR NOT NULL,
  model_family VARCHAR NOT NULL,
  hardware_type VARCHAR,
  content VARCHAR NOT NULL,
  description VARCHAR,
  created_at VARCHAR,
  updated_at VARCHAR,
  version INTEGER NOT NULL DEFAULT 1,
  removed_at VARCHAR,
  output_kind VARCHAR DEFAULT 'python',
  is_partial BOOLEAN DEFAULT false
);

CREATE TABLE template_versions (
  version_id INTEGER PRIMARY KEY,
  template_id INTEGER NOT NULL,
  version INTEGER NOT NULL,
  template_name VARCHAR NOT NULL,
  model_family VARCHAR NOT NULL,
  hardware_type VARCHAR,
  content VARCHAR NOT NULL,
  definition_hash VARCHAR NOT NULL,
  created_at VARCHAR NOT NULL,
  output_kind VARCHAR DEFAULT 'python',
  declared JSON
);

CREATE TABLE template_parts (
  version_id INTEGER NOT NULL,
  part INTEGER NOT NULL,
  name VARCHAR NOT NULL,
  used_by VARCHAR NOT NULL,
  path VARCHAR NOT NULL,
  content VARCHAR NOT NULL,
  is_stored BOOLEAN NOT NULL
);

CREATE TABLE model_mapping (
  mapping_id INTEGER PRIMARY KEY,
  model_name VARCHAR NOT NULL,
  model_family VARCHAR NOT NULL,
  template_id INTEGER,
  description VARCHAR
);

CREATE TABLE models (
  model_id INTEGER PRIMARY KEY,
  model_name VARCHAR NOT NULL,
  location VARCHAR,
  revision VARCHAR,
  task VARCHAR,
  config JSON,
  parameter_count BIGINT,
  weight_bytes BIGINT,
  attributes JSON,
  description VARCHAR,
  created_at VARCHAR NOT NULL
);

CREATE TABLE plans (
  plan_id INTEGER PRIMARY KEY,
  plan_name VARCHAR NOT NULL,
  created_at TIMESTAMP NOT NULL,
  spec JSON NOT NULL,
  tests BIGINT NOT NULL,
  skipped JSON NOT NULL
);

CREATE TABLE plan_models (
  plan_id INTEGER NOT NULL,
  model INTEGER NOT NULL,
  model_name VARCHAR NOT NULL,
  model_location VARCHAR NOT NULL,
  model_family VARCHAR NOT NULL,
  task VARCHAR NOT NULL,
  family_origin VARCHAR NOT NULL,
  template_id INTEGER,
  name_hash UINTEGER NOT NULL,
  definition_hash VARCHAR NOT NULL,
  config JSON,
  attributes JSON
);

CREATE TABLE combos (
  plan_id INTEGER NOT NULL,
  combo INTEGER NOT NULL,
  hardware_type VARCHAR NOT NULL,
  batch_size BIGINT NOT NULL,
  axes JSON NOT NULL,
  label VARCHAR NOT NULL
);

CREATE TYPE estimate_origin AS ENUM ('measured', 'weights', 'config', 'name', 'prior');

CREATE TABLE test_rows (
  plan_id INTEGER NOT NULL,
  model INTEGER NOT NULL,
  version_id INTEGER NOT NULL,
  combo INTEGER NOT NULL,
  previous_combo INTEGER,
  priority TINYINT NOT NULL,
  memory_bytes BIGINT NOT NULL,
  memory_origin estimate_origin NOT NULL
);

CREATE TABLE runs (
  run_id VARCHAR NOT NULL,
  plan_id INTEGER NOT NULL,
  started_at TIMESTAMP NOT NULL,
  ended_at TIMESTAMP,
  engine VARCHAR NOT NULL,
  python VARCHAR,
  host VARCHAR,
  environment JSON
);

CREATE TABLE outcomes (
  run_id VARCHAR NOT NULL,
  test_id UUID NOT NULL,
  "case" VARCHAR NOT NULL,
  attempt INTEGER NOT NULL,
  outcome VARCHAR NOT NULL,
  reason VARCHAR,
  started_at TIMESTAMP NOT NULL,
  duration_s DOUBLE,
  peak_memory_bytes BIGINT,
  result JSON,
  error_type VARCHAR,
  error_message VARCHAR,
  traceback VARCHAR,
  output_tail VARCHAR
);
)sql";

const char* const kFromSchema1Sql = R"sql(
DROP VIEW tests;
ALTER TABLE templates ADD COLUMN output_kind VARCHAR DEFAULT 'python';
ALTER TABLE templates ADD COLUMN is_partial BOOLEAN DEFAULT false;
ALTER TABLE template_versions ADD COLUMN output_kind VARCHAR DEFAULT 'python';
ALTER TABLE template_versions ADD COLUMN declared JSON;
ALTER TABLE plan_models ADD COLUMN config JSON;
ALTER TABLE plan_models ADD COLUMN attributes JSON;
CREATE TABLE template_parts (
  version_id INTEGER NOT NULL,
  part INTEGER NOT NULL,
  name VARCHAR NOT NULL,
  used_by VARCHAR NOT NULL,
  path VARCHAR NOT NULL,
  content VARCHAR NOT NULL,
  is_stored BOOLEAN NOT NULL
);
UPDATE store_info SET schema_version = 2;
)sql";

namespace {

// The readable name of a test; `label` is the combo's column with its axes in brackets.
std::string case_sql(const std::string& label) {
  return fmt::format("m.model_name || '/' || c.hardware_type || '/' || v.template_name || {}", label);
}

// The UUID (version 8) of one exact definition: 32 bits of the model name's hash, then bits of the hash of
// case, family, the template's definition and what of the model matters.
std::string test_id_sql(const std::string& label) {
  const std::string hash = fmt::format(
      "md5(md5({}) || ' ' || m.model_family || ' ' || v.definition_hash || ' ' || m.definition_hash)",
      case_sql(label));
  return fmt::format(
      "(SELECT (substr(md5(m.model_name), 1, 8) || '-' || substr(h, 1, 4) || '-8' || substr(h, 5, 3) || '-' "
      "|| "
      "translate(substr(h, 8, 1), '0123456789abcdef', '89ab89ab89ab89ab') || substr(h, 9, 3) || '-' || "
      "substr(h, 12, 12))::UUID FROM (SELECT {} AS h))",
      hash);
}

}  // namespace

std::string tests_view_sql() {
  return fmt::format(R"sql(
CREATE VIEW tests AS
SELECT r.plan_id,
       {test_id} AS test_id,
       {case_name} AS "case",
       m.model_name, m.model_family, m.task, m.model_location,
       c.hardware_type, c.batch_size, c.axes,
       v.template_name, v.template_id, v.version AS template_version, r.version_id, v.output_kind,
       r.priority,
       r.memory_bytes / 1e9 AS estimated_memory_gb,
       r.memory_origin AS estimate_origin,
       CASE WHEN r.previous_combo IS NULL THEN []::UUID[] ELSE [{previous_id}] END AS dependencies,
       m.family_origin, m.name_hash, r.model, r.combo
FROM test_rows r
JOIN plan_models m ON m.plan_id = r.plan_id AND m.model = r.model
JOIN combos c ON c.plan_id = r.plan_id AND c.combo = r.combo
LEFT JOIN combos p ON p.plan_id = r.plan_id AND p.combo = r.previous_combo
JOIN template_versions v ON v.version_id = r.version_id;
)sql",
                     fmt::arg("test_id", test_id_sql("c.label")), fmt::arg("case_name", case_sql("c.label")),
                     fmt::arg("previous_id", test_id_sql("p.label")));
}

}  // namespace testloom
