#include "plan/planner.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "catalog/models.h"
#include "catalog/names.h"
#include "model/estimate.h"
#include "plan/priority.h"
#include "plan/selection.h"

namespace testloom {

namespace {

// The models as this plan sees them: later mappings do not change it.
constexpr const char* kModelsSql = R"sql(
INSERT INTO plan_models
WITH requested AS (SELECT unnest(names) AS model_name, unnest(range(len(names))) AS model FROM (SELECT ? AS names)),
     mapping AS (SELECT * FROM model_mapping
                 QUALIFY row_number() OVER (PARTITION BY model_name ORDER BY mapping_id DESC) = 1),
     known AS (SELECT r.model, r.model_name, coalesce(k.location, r.model_name) AS model_location, k.task, k.config,
                      k.attributes, k.revision, p.model_family AS mapped_family, p.template_id, detect_family(r.model_name) AS guess
               FROM requested r
               LEFT JOIN models k ON k.model_name = r.model_name
               LEFT JOIN mapping p ON p.model_name = r.model_name),
     decided AS (SELECT *, coalesce(mapped_family, guess.model_family) AS model_family,
                        coalesce(task, CASE WHEN mapped_family IS NULL OR mapped_family = guess.model_family
                                            THEN guess.task ELSE '' END) AS decided_task
                 FROM known)
SELECT ?, model, model_name, model_location, model_family, decided_task,
       CASE WHEN mapped_family IS NULL THEN guess.origin ELSE 'mapping' END, template_id,
       ('0x' || substr(md5(model_name), 1, 8))::UINTEGER,
       md5(decided_task || ' ' || coalesce(md5(config::VARCHAR), '') || ' ' || coalesce(md5(revision), '')
           || coalesce(' ' || md5(attributes::VARCHAR), '')),
       NULL, NULL
FROM decided ORDER BY model
)sql";

constexpr const char* kCombosSql = R"sql(
INSERT INTO combos
SELECT ?, (h.place * len(b.sizes) + b.place)::INTEGER, h.hardware_type, b.batch_size, '{}',
       '[batch_size=' || b.batch_size || ']'
FROM (SELECT unnest(names) AS hardware_type, unnest(range(len(names))) AS place FROM (SELECT ? AS names)) h,
     (SELECT unnest(sizes) AS batch_size, unnest(range(len(sizes))) AS place, sizes FROM (SELECT ? AS sizes)) b
ORDER BY 2
)sql";

// Estimates depend on family and batch size alone at this point, priorities on the combo: both are worked out
// in small tables and joined. A chain's previous test is the next smaller batch on the same hardware.
std::string tests_sql() {
  std::string priors;
  for (const FamilyPrior& prior : family_priors()) {
    priors += fmt::format("{}('{}', {})", priors.empty() ? "" : ", ", prior.model_family, prior.memory_gb);
  }
  return fmt::format(R"sql(
INSERT INTO test_rows
WITH priors(model_family, gigabytes) AS (VALUES {priors}),
     cells AS (SELECT *, {priority} AS priority,
                      lag(combo) OVER (PARTITION BY hardware_type, axes ORDER BY batch_size) AS previous_combo
               FROM combos WHERE plan_id = $1),
     chosen AS (SELECT s.model_family, s.pinned, s.version_id, c.combo, c.previous_combo, c.priority,
                       least(9e18, greatest({least}, coalesce(p.gigabytes, {other}) * c.batch_size::DOUBLE / {batch}) * 1e9)::BIGINT
                         AS memory_bytes
                FROM selection s
                JOIN cells c ON c.hardware_type = s.hardware_type
                LEFT JOIN priors p ON p.model_family = s.model_family)
SELECT $1, m.model, s.version_id, s.combo, s.previous_combo, s.priority, s.memory_bytes, 'prior'
FROM plan_models m
JOIN chosen s ON s.model_family = m.model_family AND s.pinned IS NOT DISTINCT FROM m.template_id
WHERE m.plan_id = $1
  AND NOT EXISTS (SELECT 1 FROM lacks l JOIN combos c ON c.plan_id = $1 AND c.combo = s.combo
                  WHERE l.model = m.model AND l.version_id = s.version_id AND l.hardware_type = c.hardware_type)
)sql",
                     fmt::arg("priors", priors), fmt::arg("priority", kPrioritySql),
                     fmt::arg("least", prior_memory_floor_gb), fmt::arg("other", prior_other_family_gb),
                     fmt::arg("batch", prior_batch_size));
}

int64_t number(Connection& connection, const std::string& sql, std::initializer_list<Parameter> parameters) {
  Result rows = connection.query(sql, parameters);
  rows.next();
  return rows.is_null(0) ? 0 : rows.integer(0);
}

std::vector<Skipped> read_skipped(Connection& connection, int64_t plan_id, size_t batch_sizes) {
  Result rows = connection.query(
      "SELECT s.reason, count(*) * ?, count(DISTINCT s.model), min_by(m.model_name, m.model) FROM skips s "
      "JOIN "
      "plan_models m ON m.model = s.model AND m.plan_id = ? GROUP BY s.reason ORDER BY 2 DESC, 1",
      {static_cast<int64_t>(batch_sizes), plan_id});
  std::vector<Skipped> skipped;
  while (rows.next()) {
    skipped.push_back(
        {std::string(rows.text(0)), rows.integer(1), rows.integer(2), std::string(rows.text(3))});
  }
  return skipped;
}

PlanDiff compare(Connection& connection, int64_t plan_id, const std::string& plan_name) {
  PlanDiff diff;
  const int64_t previous =
      number(connection, "SELECT max(plan_id) FROM plans WHERE plan_name = ?", {plan_name});
  if (previous == 0) return diff;
  diff.previous_plan_id = previous;
  const std::string columns =
      "SELECT \"case\" AS name, model_name, template_name, test_id, model_location, priority, "
      "estimated_memory_gb FROM "
      "tests WHERE plan_id = ?";
  Result rows = connection.query(
      fmt::format(
          "SELECT count(*) FILTER (o.name IS NULL), count(*) FILTER (n.name IS NULL), "
          "count(*) FILTER (n.test_id <> o.test_id), count(*) FILTER (n.test_id = o.test_id AND "
          "(n.model_location, n.priority, n.estimated_memory_gb) IS DISTINCT FROM (o.model_location, "
          "o.priority, "
          "o.estimated_memory_gb)) FROM ({0}) n FULL JOIN ({0}) o ON o.name = n.name AND o.model_name = "
          "n.model_name AND o.template_name = n.template_name",
          columns),
      {plan_id, previous});
  rows.next();
  diff.added = rows.integer(0);
  diff.removed = rows.integer(1);
  diff.changed = rows.integer(2);
  diff.refreshed = rows.integer(3);
  return diff;
}

std::vector<PlanCount> read_counts(Connection& connection, int64_t plan_id) {
  Result rows = connection.query(
      "SELECT m.model_family, c.hardware_type, count(*) FROM test_rows r JOIN plan_models m ON m.plan_id = "
      "r.plan_id AND "
      "m.model = r.model JOIN combos c ON c.plan_id = r.plan_id AND c.combo = r.combo WHERE r.plan_id = ? "
      "GROUP BY ALL "
      "ORDER BY 1, min(c.combo)",
      {plan_id});
  std::vector<PlanCount> counts;
  while (rows.next())
    counts.push_back({std::string(rows.text(0)), std::string(rows.text(1)), rows.integer(2)});
  return counts;
}

std::vector<std::string> read_unknown(Connection& connection, int64_t plan_id) {
  Result rows = connection.query(
      "SELECT model_name FROM plan_models WHERE plan_id = ? AND model_family = 'unknown' AND template_id IS "
      "NULL ORDER BY "
      "model LIMIT 20",
      {plan_id});
  std::vector<std::string> names;
  while (rows.next()) names.emplace_back(rows.text(0));
  return names;
}

PlanSummary summarise(Connection& connection, int64_t plan_id, const PlanRequest& request) {
  PlanSummary summary;
  summary.plan_id = plan_id;
  summary.counts = read_counts(connection, plan_id);
  for (const PlanCount& count : summary.counts) summary.tests += count.tests;
  summary.skipped = read_skipped(connection, plan_id, request.batch_sizes.size());
  summary.unknown_models = read_unknown(connection, plan_id);
  summary.longest_chain = summary.tests ? static_cast<int64_t>(request.batch_sizes.size()) : 0;
  Result rows = connection.query(
      "SELECT coalesce(max(memory_bytes), 0) / 1e9 FROM test_rows WHERE plan_id = ?", {plan_id});
  rows.next();
  summary.largest_memory_gb = rows.real(0);
  summary.diff = compare(connection, plan_id, request.plan_name);
  return summary;
}

std::string spec_json(const PlanRequest& request) {
  JsonWriter json;
  json.begin_object().member("name", request.plan_name).key("models").begin_array();
  for (const std::string& name : request.model_names) json.value(name);
  json.end_array().key("hardware_types").begin_array();
  for (const std::string& hardware_type : request.hardware_types) json.value(hardware_type);
  json.end_array().key("batch_sizes").begin_array();
  for (const int64_t batch_size : request.batch_sizes) json.value(batch_size);
  return json.end_array().end_object().take();
}

std::string skipped_json(const std::vector<Skipped>& skipped) {
  JsonWriter json;
  json.begin_array();
  for (const Skipped& skip : skipped) {
    json.begin_object()
        .member("reason", skip.reason)
        .member("cells", skip.cells)
        .member("models", skip.models);
    json.member("example", skip.example).end_object();
  }
  return json.end_array().take();
}

void check_request(const PlanRequest& request, std::vector<std::string>& notes) {
  if (request.model_names.empty())
    throw Error(ErrorKind::usage, "no model is named", "name one with --model");
  std::set<std::string_view> seen;
  for (const std::string& name : request.model_names) {
    check_model_name(name);
    if (seen.insert(name).second) continue;
    throw Error(ErrorKind::usage, fmt::format("the model {} is named twice", quote(name)), "name each once");
  }
  check_hardware_types(request.hardware_types, notes);
  check_batch_sizes(request.batch_sizes);
  check_label(request.plan_name, "the plan's name");
  if (request.plan_name.find_first_not_of("0123456789") == std::string::npos) {
    throw Error(ErrorKind::usage, fmt::format("the plan's name {} is a number", quote(request.plan_name)),
                "numbers stand for plans by their id; give it a word");
  }
}

}  // namespace

PlanSummary make_plan(Store& store, const PlanRequest& request, std::vector<std::string>& notes,
                      const KeepPlan& keep) {
  check_request(request, notes);
  Connection& connection = store.connection();
  register_detect_family(connection);
  std::vector<int64_t> batch_sizes = request.batch_sizes;
  std::sort(batch_sizes.begin(), batch_sizes.end());

  Transaction transaction(connection);
  const int64_t plan_id = number(connection, "SELECT coalesce(max(plan_id), 0) + 1 FROM plans", {});
  connection.query(kModelsSql, {request.model_names, plan_id});
  connection.query(kCombosSql, {plan_id, request.hardware_types, batch_sizes});
  select_templates(connection, plan_id);
  connection.query(tests_sql(), {plan_id});

  PlanSummary summary = summarise(connection, plan_id, request);
  const bool stored = summary.tests > 0 && !summary.diff.same() && keep(summary);
  if (!stored) {
    transaction.roll_back();
    summary.plan_id = summary.diff.same() ? *summary.diff.previous_plan_id : 0;
    return summary;
  }
  connection.query(
      "INSERT INTO plans VALUES (?, ?, now()::TIMESTAMP, ?, ?, ?)",
      {plan_id, request.plan_name, spec_json(request), summary.tests, skipped_json(summary.skipped)});
  transaction.commit();
  return summary;
}

int64_t latest_plan(Connection& connection, const std::optional<std::string>& plan_name) {
  if (plan_name) check_text(*plan_name, "the plan's name");
  const Parameter name = or_null(plan_name);
  const int64_t plan_id = number(
      connection,
      "SELECT max(plan_id) FROM plans WHERE $1::VARCHAR IS NULL OR plan_name = $1 OR plan_id::VARCHAR = $1",
      {name});
  if (plan_id > 0) return plan_id;
  if (plan_name) {
    throw Error(ErrorKind::usage, fmt::format("there is no plan {}", quote(*plan_name)),
                "`testloom plan` makes one");
  }
  throw Error(ErrorKind::usage, "there is no plan in this store yet", "make one: testloom plan --model NAME");
}

}  // namespace testloom
