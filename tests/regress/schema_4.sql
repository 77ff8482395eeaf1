-- The tables and the view of a store of schema version 4, with a plan, a run and the outcome of one of its two tests.
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

CREATE VIEW tests AS
SELECT r.plan_id,
       list_transform([md5(md5(m.model_name || '/' || c.hardware_type || '/' || v.template_name || c.label) || ' ' || m.model_family || ' ' || v.definition_hash || ' ' || m.definition_hash)], lambda h: (substr(md5(m.model_name), 1, 8) || '-' || substr(h, 1, 4) || '-8' || substr(h, 5, 3) || '-' || translate(substr(h, 8, 1), '0123456789abcdef', '89ab89ab89ab89ab') || substr(h, 9, 3) || '-' || substr(h, 12, 12))::UUID)[1] AS test_id,
       m.model_name || '/' || c.hardware_type || '/' || v.template_name || c.label AS "case",
       m.model_name, m.model_family, m.task, m.model_location,
       c.hardware_type, c.device, c.batch_size, c.axes,
       v.template_name, v.template_id, v.version AS template_version, k.version_id, v.output_kind,
       k.priority,
       k.memory_bytes / 1e9 AS estimated_memory_gb,
       k.memory_origin AS estimate_origin,
       k.host_memory_bytes / 1e9 AS estimated_host_memory_gb,
       k.time_s AS estimated_time_s,
       list_concat(CASE WHEN k.previous_combo IS NULL THEN []::UUID[] ELSE [list_transform([md5(md5(m.model_name || '/' || p.hardware_type || '/' || v.template_name || p.label) || ' ' || m.model_family || ' ' || v.definition_hash || ' ' || m.definition_hash)], lambda h: (substr(md5(m.model_name), 1, 8) || '-' || substr(h, 1, 4) || '-8' || substr(h, 5, 3) || '-' || translate(substr(h, 8, 1), '0123456789abcdef', '89ab89ab89ab89ab') || substr(h, 9, 3) || '-' || substr(h, 12, 12))::UUID)[1]] END,
                   coalesce(list_transform(n.needed, lambda x: list_transform([md5(md5(m.model_name || '/' || x.hardware_type || '/' || x.template_name || x.label) || ' ' || m.model_family || ' ' || x.definition_hash || ' ' || m.definition_hash)], lambda h: (substr(md5(m.model_name), 1, 8) || '-' || substr(h, 1, 4) || '-8' || substr(h, 5, 3) || '-' || translate(substr(h, 8, 1), '0123456789abcdef', '89ab89ab89ab89ab') || substr(h, 9, 3) || '-' || substr(h, 12, 12))::UUID)[1]), []::UUID[])) AS dependencies,
       k.is_reference AS is_reference,
       m.family_origin, m.name_hash, r.model, k.combo
FROM test_rows r
JOIN plan_cells k ON k.plan_id = r.plan_id AND k.cell = r.cell
JOIN plan_models m ON m.plan_id = r.plan_id AND m.model = r.model
JOIN combos c ON c.plan_id = r.plan_id AND c.combo = k.combo
LEFT JOIN combos p ON p.plan_id = r.plan_id AND p.combo = k.previous_combo
JOIN template_versions v ON v.version_id = k.version_id
LEFT JOIN (SELECT e.plan_id, e.model_family, e.pinned, e.profile, e.version_id, e.combo,
                  list({'hardware_type': nc.hardware_type, 'label': nc.label, 'template_name': nv.template_name,
                        'definition_hash': nv.definition_hash} ORDER BY e.needed_version_id, e.needed_combo) AS needed
           FROM needs e
           JOIN combos nc ON nc.plan_id = e.plan_id AND nc.combo = e.needed_combo
           JOIN template_versions nv ON nv.version_id = e.needed_version_id
           GROUP BY ALL) n
  ON n.plan_id = r.plan_id AND n.model_family = m.model_family AND n.pinned IS NOT DISTINCT FROM m.template_id
    AND n.profile = m.profile AND n.version_id = k.version_id AND n.combo = k.combo;

INSERT INTO store_info VALUES (4, 'testloom', '2026-01-01T00:00:00.000Z');
INSERT INTO templates VALUES (1, 'old', 'vision', NULL, 'def test_it(): return ${batch_size}', NULL, 'a', 'a', 1, NULL, 'python', false);
INSERT INTO template_versions SELECT 1, 1, 1, 'old', 'vision', NULL, content, md5(content), 'a', 'python', NULL FROM templates;
INSERT INTO model_mapping VALUES (1, 'net', 'vision', NULL, NULL);
INSERT INTO models (model_id, model_name, created_at) VALUES (1, 'net', 'a');
INSERT INTO plans VALUES (1, 'before', '2026-01-01', '{"name": "before"}', 2, '[]', NULL, NULL);
INSERT INTO plan_models SELECT 1, 0, 'net', 'net', 'vision', '', 'mapping', NULL, ('0x' || md5('net')[:8])::UINTEGER, md5('  '), NULL, NULL, 'name net';
INSERT INTO plan_profiles VALUES (1, 'name net', 'vision', '', NULL, NULL, NULL, 'net');
INSERT INTO combos VALUES (1, 0, 'cpu', 1, '{}', '[batch_size=1]', 'cpu'), (1, 1, 'cpu', 4, '{}', '[batch_size=4]', 'cpu');
INSERT INTO plan_cells VALUES (1, 0, 1, 0, NULL, 7, 500000000, 'prior', false, 500000000, NULL),
                              (1, 1, 1, 1, 0, 6, 2000000000, 'prior', false, 2000000000, NULL);
INSERT INTO test_rows VALUES (1, 0, 0), (1, 0, 1);
INSERT INTO runs VALUES ('20260101-000000000-0000', 1, '2026-01-01', NULL, 'local', 'python3', 'host', '{"python": "3.11"}');
INSERT INTO outcomes
SELECT '20260101-000000000-0000', test_id, "case", 1, 'passed', NULL, '2026-01-01 00:00:01', 0.5, 1000000, '{"latency_s": {"p50": 0.5}}',
       NULL, NULL, NULL, NULL
FROM tests WHERE batch_size = 1;
