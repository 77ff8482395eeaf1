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
  skipped JSON NOT NULL,
  fingerprint VARCHAR,
  summary JSON
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
  attributes JSON,
  profile VARCHAR NOT NULL
);

CREATE TABLE combos (
  plan_id INTEGER NOT NULL,
  combo INTEGER NOT NULL,
  hardware_type VARCHAR NOT NULL,
  batch_size BIGINT NOT NULL,
  axes JSON NOT NULL,
  label VARCHAR NOT NULL,
  device VARCHAR
);

CREATE TYPE estimate_origin AS ENUM ('measured', 'weights', 'config', 'name', 'prior');

CREATE TABLE plan_cells (
  plan_id INTEGER NOT NULL,
  cell INTEGER NOT NULL,
  version_id INTEGER NOT NULL,
  combo INTEGER NOT NULL,
  previous_combo INTEGER,
  priority TINYINT NOT NULL,
  memory_bytes BIGINT NOT NULL,
  memory_origin estimate_origin NOT NULL,
  is_reference BOOLEAN NOT NULL,
  host_memory_bytes BIGINT,
  time_s DOUBLE
);

CREATE TABLE test_rows (
  plan_id INTEGER NOT NULL,
  model INTEGER NOT NULL,
  cell INTEGER NOT NULL
);

CREATE TABLE needs (
  plan_id INTEGER NOT NULL,
  model_family VARCHAR NOT NULL,
  pinned INTEGER,
  version_id INTEGER NOT NULL,
  combo INTEGER NOT NULL,
  needed_version_id INTEGER NOT NULL,
  needed_combo INTEGER NOT NULL,
  profile VARCHAR NOT NULL
);

CREATE TABLE plan_skips (
  plan_id INTEGER NOT NULL,
  model_family VARCHAR NOT NULL,
  pinned INTEGER,
  hardware_type VARCHAR NOT NULL,
  version_id INTEGER,
  combo INTEGER,
  reason VARCHAR NOT NULL,
  profile VARCHAR
);

CREATE TABLE runs (
  run_id VARCHAR NOT NULL,
  plan_id INTEGER NOT NULL,
  started_at TIMESTAMP NOT NULL,
  ended_at TIMESTAMP,
  engine VARCHAR NOT NULL,
  python VARCHAR,
  host VARCHAR,
  environment JSON,
  settings JSON,
  journal_bytes BIGINT
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
  output_tail VARCHAR,
  model_name VARCHAR,
  hardware_type VARCHAR,
  batch_size BIGINT,
  template_name VARCHAR,
  axes JSON,
  repetition INTEGER DEFAULT 1,
  observed VARCHAR,
  slot VARCHAR,
  start VARCHAR,
  cores INTEGER,
  beside JSON,
  peak_device_memory_bytes BIGINT,
  estimated_memory_bytes BIGINT,
  estimated_host_memory_bytes BIGINT,
  environment JSON,
  output_file VARCHAR,
  artifacts VARCHAR
);

CREATE TABLE baselines (
  baseline_name VARCHAR NOT NULL,
  run_id VARCHAR NOT NULL,
  created_at TIMESTAMP NOT NULL
);
)sql";

const char* const kEstimateTablesSql = R"sql(
CREATE TABLE plan_profiles (
  plan_id INTEGER NOT NULL,
  profile VARCHAR NOT NULL,
  model_family VARCHAR NOT NULL,
  task VARCHAR NOT NULL,
  config JSON,
  parameter_count BIGINT,
  weight_bytes BIGINT,
  model_name VARCHAR NOT NULL
);

CREATE TABLE device_figures (
  hardware_type VARCHAR NOT NULL,
  device_name VARCHAR NOT NULL,
  flops_per_s DOUBLE NOT NULL,
  flops_16_per_s DOUBLE NOT NULL,
  bytes_per_s DOUBLE NOT NULL,
  call_s DOUBLE NOT NULL,
  threads INTEGER NOT NULL,
  host VARCHAR NOT NULL,
  measured_at TIMESTAMP NOT NULL
);

CREATE TABLE calibrations (
  figure VARCHAR NOT NULL,
  hardware_type VARCHAR NOT NULL,
  model_type VARCHAR NOT NULL,
  points BIGINT NOT NULL,
  "offset" DOUBLE NOT NULL,
  scale DOUBLE NOT NULL,
  low DOUBLE NOT NULL,
  high DOUBLE NOT NULL,
  error_before DOUBLE NOT NULL,
  error_after DOUBLE NOT NULL
);

CREATE TABLE measured_cells (
  profile VARCHAR NOT NULL,
  definition_hash VARCHAR NOT NULL,
  hardware_type VARCHAR NOT NULL,
  axes VARCHAR NOT NULL,
  batch_size BIGINT NOT NULL,
  memory_bytes BIGINT,
  least_memory_bytes BIGINT,
  host_memory_bytes BIGINT,
  time_s DOUBLE
);

CREATE TABLE calibration_state (
  outcomes BIGINT NOT NULL,
  latest TIMESTAMP,
  figures VARCHAR NOT NULL
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
)sql";

const char* const kFromSchema2Sql = R"sql(
DROP VIEW IF EXISTS tests;
ALTER TABLE combos ADD COLUMN device VARCHAR;
ALTER TABLE test_rows RENAME TO old_rows;
CREATE TABLE plan_cells (
  plan_id INTEGER NOT NULL,
  cell INTEGER NOT NULL,
  version_id INTEGER NOT NULL,
  combo INTEGER NOT NULL,
  previous_combo INTEGER,
  priority TINYINT NOT NULL,
  memory_bytes BIGINT NOT NULL,
  memory_origin estimate_origin NOT NULL,
  is_reference BOOLEAN NOT NULL
);

CREATE TABLE test_rows (
  plan_id INTEGER NOT NULL,
  model INTEGER NOT NULL,
  cell INTEGER NOT NULL
);

INSERT INTO plan_cells
SELECT plan_id, row_number() OVER (PARTITION BY plan_id ORDER BY version_id, combo, previous_combo, priority, memory_bytes,
                                   memory_origin) - 1, version_id, combo, previous_combo, priority, memory_bytes,
       memory_origin, false
FROM (SELECT DISTINCT plan_id, version_id, combo, previous_combo, priority, memory_bytes, memory_origin FROM old_rows);
INSERT INTO test_rows
SELECT r.plan_id, r.model, c.cell
FROM old_rows r
JOIN plan_cells c ON c.plan_id = r.plan_id AND c.version_id = r.version_id AND c.combo = r.combo
                 AND c.previous_combo IS NOT DISTINCT FROM r.previous_combo AND c.priority = r.priority
                 AND c.memory_bytes = r.memory_bytes AND c.memory_origin = r.memory_origin
ORDER BY r.plan_id, r.model;
DROP TABLE old_rows;
ALTER TABLE plans ADD COLUMN fingerprint VARCHAR;
ALTER TABLE plans ADD COLUMN summary JSON;
CREATE TABLE needs (
  plan_id INTEGER NOT NULL,
  model_family VARCHAR NOT NULL,
  pinned INTEGER,
  version_id INTEGER NOT NULL,
  combo INTEGER NOT NULL,
  needed_version_id INTEGER NOT NULL,
  needed_combo INTEGER NOT NULL
);
CREATE TABLE plan_skips (
  plan_id INTEGER NOT NULL,
  model_family VARCHAR NOT NULL,
  pinned INTEGER,
  hardware_type VARCHAR NOT NULL,
  version_id INTEGER,
  combo INTEGER,
  reason VARCHAR NOT NULL
);
)sql";

const char* const kFromSchema3Sql = R"sql(
DROP VIEW IF EXISTS tests;
ALTER TABLE plan_models ADD COLUMN profile VARCHAR DEFAULT '';
ALTER TABLE needs ADD COLUMN profile VARCHAR DEFAULT '';
ALTER TABLE plan_skips ADD COLUMN profile VARCHAR;
ALTER TABLE plan_cells ADD COLUMN host_memory_bytes BIGINT;
ALTER TABLE plan_cells ADD COLUMN time_s DOUBLE;
UPDATE store_info SET schema_version = 4;
)sql";

// What outcomes of before say of their test stands in their case alone.
const char* const kFromSchema4Sql = R"sql(
ALTER TABLE runs ADD COLUMN settings JSON;
ALTER TABLE runs ADD COLUMN journal_bytes BIGINT;
ALTER TABLE outcomes ADD COLUMN model_name VARCHAR;
ALTER TABLE outcomes ADD COLUMN hardware_type VARCHAR;
ALTER TABLE outcomes ADD COLUMN batch_size BIGINT;
ALTER TABLE outcomes ADD COLUMN template_name VARCHAR;
ALTER TABLE outcomes ADD COLUMN axes JSON;
ALTER TABLE outcomes ADD COLUMN repetition INTEGER DEFAULT 1;
ALTER TABLE outcomes ADD COLUMN observed VARCHAR;
ALTER TABLE outcomes ADD COLUMN slot VARCHAR;
ALTER TABLE outcomes ADD COLUMN start VARCHAR;
ALTER TABLE outcomes ADD COLUMN cores INTEGER;
ALTER TABLE outcomes ADD COLUMN beside JSON;
ALTER TABLE outcomes ADD COLUMN peak_device_memory_bytes BIGINT;
ALTER TABLE outcomes ADD COLUMN estimated_memory_bytes BIGINT;
ALTER TABLE outcomes ADD COLUMN estimated_host_memory_bytes BIGINT;
ALTER TABLE outcomes ADD COLUMN environment JSON;
ALTER TABLE outcomes ADD COLUMN output_file VARCHAR;
ALTER TABLE outcomes ADD COLUMN artifacts VARCHAR;
CREATE TABLE baselines (
  baseline_name VARCHAR NOT NULL,
  run_id VARCHAR NOT NULL,
  created_at TIMESTAMP NOT NULL
);
UPDATE store_info SET schema_version = 5;
)sql";

namespace {

// The readable name of a test of model `m`; `c` is the row with its hardware type and label, which holds the
// axes in brackets, `v` the one with its template's name and hash.
std::string case_sql(const std::string& c, const std::string& v) {
  return fmt::format("m.model_name || '/' || {0}.hardware_type || '/' || {1}.template_name || {0}.label", c,
                     v);
}

// The UUID (version 8) of one exact definition: 32 bits of the model name's hash, then bits of the hash of
// case, family, the template's definition and what of the model matters. By a lambda, since it may stand in
// one.
std::string test_id_sql(const std::string& c, const std::string& v) {
  return fmt::format(
      "list_transform([md5(md5({}) || ' ' || m.model_family || ' ' || {}.definition_hash || ' ' || "
      "m.definition_hash)], lambda h: (substr(md5(m.model_name), 1, 8) || '-' || substr(h, 1, 4) || '-8' || "
      "substr(h, 5, 3) || '-' || translate(substr(h, 8, 1), '0123456789abcdef', '89ab89ab89ab89ab') || "
      "substr(h, 9, 3) || '-' || substr(h, 12, 12))::UUID)[1]",
      case_sql(c, v), v);
}

}  // namespace

std::string tests_view_sql() {
  return fmt::format(R"sql(
CREATE VIEW tests AS
SELECT r.plan_id,
       {test_id} AS test_id,
       {case_name} AS "case",
       m.model_name, m.model_family, m.task, m.model_location,
       c.hardware_type, c.device, c.batch_size, c.axes,
       v.template_name, v.template_id, v.version AS template_version, k.version_id, v.output_kind,
       k.priority,
       k.memory_bytes / 1e9 AS estimated_memory_gb,
       k.memory_origin AS estimate_origin,
       k.host_memory_bytes / 1e9 AS estimated_host_memory_gb,
       k.time_s AS estimated_time_s,
       list_concat(CASE WHEN k.previous_combo IS NULL THEN []::UUID[] ELSE [{previous_id}] END,
                   coalesce(list_transform(n.needed, lambda x: {needed_id}), []::UUID[])) AS dependencies,
       k.is_reference AS is_reference,
       m.family_origin, m.name_hash, r.model, k.combo
FROM test_rows r
JOIN plan_cells k ON k.plan_id = r.plan_id AND k.cell = r.cell
JOIN plan_models m ON m.plan_id = r.plan_id AND m.model = r.model
JOIN combos c ON c.plan_id = r.plan_id AND c.combo = k.combo
LEFT JOIN combos p ON p.plan_id = r.plan_id AND p.combo = k.previous_combo
JOIN template_versions v ON v.version_id = k.version_id
LEFT JOIN (SELECT e.plan_id, e.model_family, e.pinned, e.profile, e.version_id, e.combo,
                  list({{'hardware_type': nc.hardware_type, 'label': nc.label, 'template_name': nv.template_name,
                        'definition_hash': nv.definition_hash}} ORDER BY e.needed_version_id, e.needed_combo) AS needed
           FROM needs e
           JOIN combos nc ON nc.plan_id = e.plan_id AND nc.combo = e.needed_combo
           JOIN template_versions nv ON nv.version_id = e.needed_version_id
           GROUP BY ALL) n
  ON n.plan_id = r.plan_id AND n.model_family = m.model_family AND n.pinned IS NOT DISTINCT FROM m.template_id
    AND n.profile = m.profile AND n.version_id = k.version_id AND n.combo = k.combo;
)sql",
                     fmt::arg("test_id", test_id_sql("c", "v")), fmt::arg("case_name", case_sql("c", "v")),
                     fmt::arg("previous_id", test_id_sql("p", "v")),
                     fmt::arg("needed_id", test_id_sql("x", "x")));
}

}  // namespace testloom
