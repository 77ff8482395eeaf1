-- The tables of a store of schema version 3, with one template and one model.
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
  attributes JSON
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
  is_reference BOOLEAN NOT NULL
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

CREATE VIEW tests AS SELECT plan_id FROM plans;
INSERT INTO store_info VALUES (3, 'testloom', '2026-01-01T00:00:00.000Z');
INSERT INTO templates VALUES (1, 'old', 'vision', NULL, 'def test_it(): return ${batch_size}', NULL, 'a', 'a', 1, NULL, 'python', false);
INSERT INTO template_versions SELECT 1, 1, 1, 'old', 'vision', NULL, content, md5(content), 'a', 'python', NULL FROM templates;
INSERT INTO model_mapping VALUES (1, 'net', 'vision', NULL, NULL);
INSERT INTO models (model_id, model_name, created_at) VALUES (1, 'net', 'a');
INSERT INTO plans VALUES (1, 'before', '2026-01-01', '{"name": "before"}', 2, '[]', NULL, NULL);
INSERT INTO plan_models SELECT 1, 0, 'net', 'net', 'vision', '', 'mapping', NULL, ('0x' || md5('net')[:8])::UINTEGER, md5('  '), NULL, NULL;
INSERT INTO combos VALUES (1, 0, 'cpu', 1, '{}', '[batch_size=1]', 'cpu'), (1, 1, 'cpu', 4, '{}', '[batch_size=4]', 'cpu');
INSERT INTO plan_cells VALUES (1, 0, 1, 0, NULL, 7, 500000000, 'prior', false), (1, 1, 1, 1, 0, 6, 2000000000, 'prior', false);
INSERT INTO test_rows VALUES (1, 0, 0), (1, 0, 1);
