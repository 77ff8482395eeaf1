// The tests themselves: rows of the big table, from the small ones.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/text.h"

#include "plan/axis_check.h"
#include "plan/expansion.h"
#include "plan/planner.h"
#include "plan/priority.h"
#include "plan/sampling.h"
#include "store/appender.h"

namespace testloom {

namespace {

// Each model with the cells of its group that are not skipped, less those that need keys which it lacks.
constexpr const char* kOfModels =
    "FROM planned_models m JOIN chosen s ON s.model_family = m.model_family AND s.pinned IS NOT DISTINCT "
    "FROM "
    "m.template_id AND s.profile = m.profile AND s.reason IS NULL";
constexpr const char* kLacksNothing =
    " AND NOT EXISTS (SELECT 1 FROM lacks l WHERE l.model = m.model AND l.version_id = s.version_id AND "
    "l.hardware_type = "
    "s.hardware_type)";

bool has_rows(Connection& connection, const char* table) {
  return connection.query(fmt::format("SELECT 1 FROM {} LIMIT 1", table)).next();
}

}  // namespace

void Expansion::check_included(const Inclusion& inclusion, const std::string& template_name) const {
  std::vector<std::string_view> names;
  for (const auto& [version_id, version] : versions_) names.push_back(version.variant->template_name);
  if (std::find(names.begin(), names.end(), template_name) != names.end()) return;
  const std::string guess = nearest(template_name, names);
  throw Error(
      ErrorKind::spec,
      std::vector{diagnose(spec_, inclusion.place,
                           fmt::format("no template {} is for the plan's models", quote(template_name)),
                           guess.empty() ? "`testloom template list` shows the templates"
                                         : fmt::format("did you mean '{}'?", guess))});
}

// An inclusion is a small plan of its own for one model; what it does not say is as in the plan.
void Expansion::write_inclusion(const Inclusion& inclusion) {
  PlanSpec part = spec_;
  std::string model_name;
  std::optional<std::string> template_name;
  std::vector<std::pair<size_t, int32_t>> values;
  for (const auto& [key, value] : inclusion.cell) {
    if (key == "model_name") {
      model_name = std::get<std::string>(value.data);
    } else if (key == "template_name") {
      template_name = std::get<std::string>(value.data);
      check_included(inclusion, *template_name);
    } else if (key == "hardware_type") {
      part.hardware_types = {std::get<std::string>(value.data)};
    } else if (key == "batch_size") {
      part.batch_sizes = {std::get<int64_t>(value.data)};
    } else if (const std::optional<size_t> axis = matrix_.find_axis(key)) {
      values.emplace_back(*axis, matrix_.add_value(*axis, value));
    } else {
      throw Error(
          ErrorKind::spec,
          std::vector{diagnose(spec_, inclusion.place, fmt::format("no axis of the plan is called '{}'", key),
                               "give it in [plan.axes], or leave it out here")});
    }
  }
  const size_t before = matrix_.cells().size();
  Matrix cells(part);
  Appender rows(connection_, "temp", "included");
  for (const auto& [version_id, version] : versions_) {
    if (template_name && version.variant->template_name != *template_name) continue;
    std::set<int32_t> seen;
    cells.add_cells(version.declared, [&, id = version_id, &version = version](int32_t number) {
      Cell cell = cells.cells()[static_cast<size_t>(number)];
      cell.values.resize(matrix_.axis_count(), Cell::kNotDeclared);
      for (const auto& [axis, value] : values) {
        if (version.declared[axis]) cell.values[axis] = value;
      }
      const int32_t combo = matrix_.add(cell);
      if (!seen.insert(combo).second) return;
      const std::string reason = reason_not_taken(*version.variant, matrix_, cell);
      rows.add(model_name).add(id).add(int64_t{combo});
      reason.empty() ? rows.add_null() : rows.add(reason);
      rows.end_row();
    });
  }
  rows.flush();
  write_cells(before);
}

void Expansion::write_inclusions() {
  connection_.execute(
      "CREATE OR REPLACE TEMP TABLE included (model_name VARCHAR, version_id INTEGER, combo INTEGER, reason "
      "VARCHAR)");
  for (const Inclusion& inclusion : spec_.inclusions) write_inclusion(inclusion);
}

// The rows of models that have other cells than their group: all models where conditions ask for their own
// columns; else those with inclusions, and those that lack keys where tests need each other.
void Expansion::write_expanded() {
  connection_.execute("CREATE OR REPLACE TEMP TABLE single (model INTEGER)");
  const std::string cases = exclusion_cases(conditions_, true);
  const bool all = !cases.empty() || spec_.sample;
  connection_.query(all ? "INSERT INTO single SELECT model FROM planned_models WHERE plan_id = $1"
                        : "INSERT INTO single SELECT m.model FROM planned_models m WHERE m.plan_id = $1 AND "
                          "(m.model_name IN (SELECT model_name FROM included) OR (m.model IN (SELECT model "
                          "FROM lacks) AND EXISTS (SELECT 1 FROM needs WHERE plan_id = $1)))",
                    {request_.plan_id});
  const std::string lacks = has_rows(connection_, "lacks") ? kLacksNothing : "";
  constexpr std::string_view sql = R"sql(
CREATE OR REPLACE TEMP TABLE expanded AS
SELECT m.model, s.version_id, s.combo, s.chain, s.batch_size, s.priority, s.estimate, s.is_reference, {} AS reason
{} JOIN cells c ON c.combo = s.combo
WHERE m.plan_id = $1 AND m.model IN (SELECT model FROM single){}
)sql";
  try {
    connection_.query(
        fmt::format(sql,
                    cases.empty() ? "NULL::VARCHAR" : "CASE WHEN s.is_reference THEN NULL" + cases + " END",
                    kOfModels, lacks),
        {request_.plan_id});
  } catch (const Error& error) {
    fail_for_row(conditions_, true, error);
  }
  if (!spec_.inclusions.empty()) add_included(lacks);
  if (!spec_.inclusions.empty() && has_needs_) add_included_references();
  skip_unmet();
  drop_unneeded();
  if (!spec_.sample) return;
  sampled_from_ = sample_expanded(connection_, request_.plan_id, *spec_.sample, matrix_, cells_are_sampled_);
  if (cells_are_sampled_)
    sampled_from_ =
        static_cast<int64_t>(std::min(static_cast<double>(most_sampled_from), count_cells_of_models()));
}

// How many tests there would be without a sample, conditions and limits.
double Expansion::count_cells_of_models() const {
  double count = 0;
  Result rows = connection_.query(
      "SELECT s.version_id, sum(g.models)::DOUBLE FROM candidates s JOIN groups g ON g.model_family = "
      "s.model_family AND "
      "g.pinned IS NOT DISTINCT FROM s.pinned WHERE s.problem IS NULL AND s.is_wanted GROUP BY s.version_id");
  while (rows.next()) {
    const VersionAxes& version = versions_.at(rows.integer(0));
    count += rows.real(1) * matrix_.count_cells(version.declared) /
             static_cast<double>(spec_.hardware_types.size());
  }
  return count;
}

// References of single models that nothing of theirs needs.
void Expansion::drop_unneeded() {
  for (int64_t dropped = 1; dropped > 0;) {
    Result rows = connection_.query(R"sql(
DELETE FROM expanded
WHERE is_reference AND NOT EXISTS (
  SELECT 1 FROM expanded e
  JOIN planned_models m ON m.plan_id = $1 AND m.model = e.model
  JOIN needs n ON n.plan_id = $1 AND n.model_family = m.model_family AND n.pinned IS NOT DISTINCT FROM m.template_id
   AND n.profile = m.profile AND n.version_id = e.version_id AND n.combo = e.combo
  WHERE e.model = expanded.model AND e.reason IS NULL AND n.needed_version_id = expanded.version_id
    AND n.needed_combo = expanded.combo)
)sql",
                                    {request_.plan_id});
    dropped = rows.next() ? rows.integer(0) : 0;
  }
}

// Skips what needs a test that its model does not have, and what needs that.
void Expansion::skip_unmet() {
  for (int64_t skipped = 1; skipped > 0;) {
    Result rows = connection_.query(R"sql(
UPDATE expanded SET reason = u.reason
FROM (SELECT e.model, e.version_id, e.combo,
             min('it needs ' || c.hardware_type || '/' || v.template_name || c.label ||
                 ', which its model does not have') AS reason
      FROM expanded e
      JOIN planned_models m ON m.plan_id = $1 AND m.model = e.model
      JOIN needs n ON n.plan_id = $1 AND n.model_family = m.model_family AND n.pinned IS NOT DISTINCT FROM m.template_id
   AND n.profile = m.profile AND n.version_id = e.version_id
                  AND n.combo = e.combo
      JOIN combos c ON c.plan_id = $1 AND c.combo = n.needed_combo
      JOIN template_versions v ON v.version_id = n.needed_version_id
      WHERE e.reason IS NULL
        AND NOT EXISTS (SELECT 1 FROM expanded k WHERE k.model = e.model AND k.version_id = n.needed_version_id
                                                   AND k.combo = n.needed_combo AND k.reason IS NULL)
      GROUP BY ALL) u
WHERE expanded.reason IS NULL AND expanded.model = u.model AND expanded.version_id = u.version_id
  AND expanded.combo = u.combo
)sql",
                                    {request_.plan_id});
    skipped = rows.next() ? rows.integer(0) : 0;
  }
}

// What is included and there as a reference becomes a test like others, with a place in its chain. One of a
// template that needs tests itself does not: those before it in the chain may need it.
constexpr std::string_view kIncludedReferencesSql = R"sql(
UPDATE expanded SET is_reference = false, chain = i.chain
FROM (SELECT m.model, i.version_id, i.combo, c.chain, c.hardware_type
      FROM included i
      JOIN planned_models m ON m.plan_id = $1 AND m.model_name = i.model_name
      JOIN cells c ON c.combo = i.combo
      WHERE i.version_id NOT IN (SELECT version_id FROM needs WHERE plan_id = $1)) i,
     estimates
WHERE estimates.estimate = expanded.estimate AND expanded.is_reference AND expanded.model = i.model AND expanded.version_id = i.version_id
  AND expanded.combo = i.combo AND ({}) IS NULL
)sql";

// Takes the estimated cells of single models from the table `extra` into `expanded`.
void Expansion::add_extra(const char* is_reference) {
  estimates_.fill("extra");
  connection_.query(
      fmt::format("INSERT INTO expanded SELECT x.model, x.version_id, x.combo, x.chain, x.batch_size, {}, "
                  "x.estimate, {}, "
                  "coalesce(x.reason, CASE WHEN NOT {} THEN {} END) FROM extra x JOIN estimates e ON "
                  "e.estimate = x.estimate",
                  kPrioritySql, is_reference, is_reference, limit_case(spec_)));
}

void Expansion::add_included(const std::string& lacks) {
  constexpr std::string_view sql = R"sql(
CREATE OR REPLACE TEMP TABLE extra AS
SELECT DISTINCT m.model, m.model_family, m.profile, i.version_id, i.combo, i.reason, c.chain, c.batch_size, c.hardware_type,
       NULL::INTEGER AS estimate
FROM included i
JOIN planned_models m ON m.plan_id = $1 AND m.model_name = i.model_name
JOIN cells c ON c.combo = i.combo
JOIN candidates s ON s.model_family = m.model_family AND s.pinned IS NOT DISTINCT FROM m.template_id
                 AND s.hardware_type = c.hardware_type AND s.version_id = i.version_id AND s.problem IS NULL
WHERE NOT EXISTS (SELECT 1 FROM expanded e WHERE e.model = m.model AND e.version_id = i.version_id
                                             AND e.combo = i.combo AND e.reason IS NULL){}
)sql";
  connection_.query(fmt::format(kIncludedReferencesSql, limit_case(spec_)), {request_.plan_id});
  connection_.query(fmt::format(sql, lacks), {request_.plan_id});
  add_extra("false");
}

// What only included cells need, for their models; and those whose needs cannot be met are skipped.
void Expansion::add_included_references() {
  constexpr const char* sql = R"sql(
CREATE OR REPLACE TEMP TABLE extra AS
SELECT DISTINCT m.model, m.model_family, m.profile, r.version_id, r.combo, NULL::VARCHAR AS reason, c.chain, c.batch_size,
       c.hardware_type, NULL::INTEGER AS estimate
FROM included_references r
JOIN planned_models m ON m.plan_id = $1 AND m.model_family = r.model_family
                  AND m.template_id IS NOT DISTINCT FROM r.pinned AND m.profile = r.profile
                  AND m.model_name IN (SELECT model_name FROM included)
JOIN cells c ON c.combo = r.combo
WHERE NOT EXISTS (SELECT 1 FROM expanded e WHERE e.model = m.model AND e.version_id = r.version_id
                                             AND e.combo = r.combo AND e.reason IS NULL)
)sql";
  connection_.query(sql, {request_.plan_id});
  add_extra("true");
  connection_.query(R"sql(
UPDATE expanded SET reason = u.reason
FROM included_unmet u JOIN planned_models m ON m.plan_id = $1 AND m.model_family = u.model_family
                                        AND m.template_id IS NOT DISTINCT FROM u.pinned AND m.profile = u.profile
WHERE expanded.reason IS NULL AND expanded.model = m.model AND expanded.version_id = u.version_id
  AND expanded.combo = u.combo
)sql",
                    {request_.plan_id});
}

// Single tests whose chain is another one than their group's need cells of their own.
constexpr const char* kSingleCellsSql = R"sql(
CREATE OR REPLACE TEMP TABLE single_rows AS
SELECT model, version_id, combo, priority, estimate, is_reference,
       CASE WHEN NOT is_reference THEN lag(combo) OVER (PARTITION BY model, version_id, chain, is_reference
                                                        ORDER BY batch_size) END AS previous_combo
FROM expanded WHERE reason IS NULL;
CREATE OR REPLACE TEMP TABLE single_cells AS
SELECT (SELECT coalesce(max(cell) + 1, 0) FROM chosen) + row_number() OVER (ORDER BY version_id, combo, previous_combo, priority, estimate, is_reference) - 1 AS cell, *
FROM (SELECT DISTINCT version_id, combo, previous_combo, priority, estimate, is_reference FROM single_rows)
)sql";

// What of a group's needs no model of it has, since each lacks a key or is left out by a condition.
constexpr const char* kDropNeedsSql = R"sql(
DELETE FROM needs
WHERE plan_id = $1
  AND (NOT EXISTS (SELECT 1 FROM plan_cells k WHERE k.plan_id = $1 AND k.version_id = needs.version_id
                                                AND k.combo = needs.combo)
    OR NOT EXISTS (SELECT 1 FROM plan_cells k WHERE k.plan_id = $1 AND k.version_id = needs.needed_version_id
                                                AND k.combo = needs.needed_combo))
)sql";

void Expansion::write_plan_cells(const char* cells) {
  connection_.query(
      fmt::format(
          "INSERT INTO plan_cells SELECT $1, s.cell, s.version_id, s.combo, s.previous_combo, s.priority, "
          "e.memory_bytes, e.origin, s.is_reference, e.host_memory_bytes, e.time_s FROM {} s JOIN estimates "
          "e ON e.estimate = s.estimate ORDER BY s.cell",
          cells),
      {request_.plan_id});
}

void Expansion::write_rows() {
  write_plan_cells("(SELECT * FROM chosen WHERE reason IS NULL)");
  connection_.query(
      "INSERT INTO plan_skips SELECT $1, model_family, pinned, hardware_type, NULL, NULL, reason, NULL FROM "
      "skips UNION ALL SELECT $1, model_family, pinned, hardware_type, version_id, combo, reason, profile "
      "FROM chosen WHERE reason IS NOT NULL",
      {request_.plan_id});
  const std::string lacks = has_rows(connection_, "lacks") ? kLacksNothing : "";
  const bool has_single = has_rows(connection_, "single");
  connection_.query(
      fmt::format("INSERT INTO test_rows SELECT $1, m.model, s.cell {} WHERE m.plan_id = $1{}{}", kOfModels,
                  lacks, has_single ? " AND m.model NOT IN (SELECT model FROM single)" : ""),
      {request_.plan_id});
  if (!has_single) return;
  connection_.execute(kSingleCellsSql);
  write_plan_cells("single_cells");
  connection_.query(
      "INSERT INTO test_rows SELECT $1, r.model, c.cell FROM single_rows r JOIN single_cells c ON "
      "c.version_id = "
      "r.version_id AND c.combo = r.combo AND c.previous_combo IS NOT DISTINCT FROM r.previous_combo AND "
      "c.priority = "
      "r.priority AND c.estimate = r.estimate AND c.is_reference = r.is_reference ORDER BY r.model",
      {request_.plan_id});
  if (has_needs_) connection_.query(kDropNeedsSql, {request_.plan_id});
}

}  // namespace testloom
