#include "plan/expansion.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "catalog/names.h"
#include "plan/axis_check.h"
#include "plan/cell_sample.h"
#include "plan/exclusions.h"
#include "plan/needs.h"
#include "plan/priority.h"
#include "store/appender.h"
#include "store/sql_text.h"

namespace testloom {

namespace {

void append(Appender& rows, const Value& value) {
  if (const auto* truth = std::get_if<bool>(&value.data)) {
    rows.add_boolean(*truth);
  } else if (const auto* integer = std::get_if<int64_t>(&value.data)) {
    rows.add(*integer);
  } else if (const auto* number = std::get_if<double>(&value.data)) {
    rows.add_real(*number);
  } else {
    rows.add(std::get<std::string>(value.data));
  }
}

constexpr const char* kCellTablesSql = R"sql(
CREATE OR REPLACE TEMP TABLE version_cells (version_id INTEGER, combo INTEGER, reason VARCHAR);
CREATE OR REPLACE TEMP TABLE chosen (
  model_family VARCHAR, pinned INTEGER, profile VARCHAR, version_id INTEGER, template_name VARCHAR,
  combo INTEGER, hardware_type VARCHAR, batch_size BIGINT, chain INTEGER, priority TINYINT,
  estimate INTEGER, is_reference BOOLEAN, reason VARCHAR);
)sql";

}  // namespace

std::string limit_case(const PlanSpec& spec) {
  std::string cases;
  for (const auto& [hardware_type, gigabytes] : spec.memory_limits_gb) {
    cases += fmt::format(
        " WHEN hardware_type = {0} AND memory_bytes > {1} THEN 'predicted ' || round(memory_bytes / 1e9, 1) "
        "|| ' GB, more than the limit of {2} GB on {3}'",
        sql_text(hardware_type), std::min(9e18, gigabytes * 1e9), gigabytes, hardware_type);
  }
  return cases.empty() ? "NULL" : "CASE" + cases + " END";
}

Expansion::Expansion(Connection& connection, const ExpansionRequest& request)
    : connection_(connection),
      request_(request),
      spec_(*request.spec),
      matrix_(*request.spec),
      estimates_(connection, *request.spec, *request.knowledge, *request.variants, matrix_) {}

void Expansion::prepare() {
  connection_.execute(kCellTablesSql);
  read_versions();
  check_axes();
  write_version_cells();
  write_chosen();
  write_inclusions();
  write_needs();
  chain();
  write_expanded();
  check_size();
}

void Expansion::read_versions() {
  for (const Variant& variant : *request_.variants) {
    for (const NeedInfo& need : variant.needs) {
      for (const auto& [name, value] : need.axes) {
        if (name != "hardware_type" && name != "batch_size") matrix_.add_needed_axis(name);
      }
    }
  }
  std::set<int64_t> selected;
  Result rows =
      connection_.query("SELECT DISTINCT version_id FROM candidates WHERE problem IS NULL AND is_wanted");
  while (rows.next()) selected.insert(rows.integer(0));
  for (const Variant& variant : *request_.variants) {
    if (!variant.version_id || !selected.contains(*variant.version_id)) continue;
    VersionAxes& version = versions_[*variant.version_id];
    version.variant = &variant;
    version.declared = matrix_.declared_by(variant.parameters);
  }
}

void Expansion::check_axes() const { check_plan_axes(spec_, *request_.variants); }

// The cells of each version on the plan's hardware types, or a sample of them where they are very many.
void Expansion::write_version_cells() {
  double most = 0;
  for (const auto& [version_id, version] : versions_) most += matrix_.count_cells(version.declared);
  // More than may be planned may still be left out by conditions; but not without end.
  constexpr double kMostCells = 5e6, kMostToSample = 1e5;
  cells_are_sampled_ = spec_.sample && most > kMostToSample;
  if (!cells_are_sampled_ && most > std::max(kMostCells, static_cast<double>(spec_.max_tests)))
    refuse_size(spec_, most, "the cells of the templates alone are");
  conditions_ = check_exclusions(*request_.checker, spec_, matrix_, *request_.attributes);
  Appender rows(connection_, "temp", "version_cells");
  const auto add = [&](int64_t version_id, int32_t combo, const std::string& reason) {
    rows.add(version_id).add(int64_t{combo});
    reason.empty() ? rows.add_null() : rows.add(reason);
    rows.end_row();
  };
  for (const auto& [version_id, version] : versions_) {
    const auto use = [&, id = version_id](int32_t combo, const std::string& reason) {
      add(id, combo, reason);
    };
    if (cells_are_sampled_) {
      sample_cells({&connection_, &spec_, &conditions_, version.variant}, matrix_, use);
      continue;
    }
    matrix_.add_cells(version.declared, [&, &version = version](int32_t combo) {
      use(combo, reason_not_taken(*version.variant, matrix_, matrix_.cells()[static_cast<size_t>(combo)]));
    });
  }
  rows.flush();
  std::string columns;
  for (size_t axis = 0; axis < matrix_.axis_count(); ++axis) {
    if (matrix_.is_planned(axis))
      columns += fmt::format(", a{} {}", axis, type_of_axis(matrix_.values(axis)));
  }
  connection_.execute(
      fmt::format("CREATE OR REPLACE TEMP TABLE cells (combo INTEGER, hardware_type VARCHAR, batch_size "
                  "BIGINT, chain INTEGER{})",
                  columns));
  write_cells(0);
}

// The cells from this number on, into combos and cells.
void Expansion::write_cells(size_t from) {
  Appender combos(connection_, "", "combos"), cells(connection_, "temp", "cells");
  for (size_t number = from; number < matrix_.cells().size(); ++number) {
    const Cell& cell = matrix_.cells()[number];
    const auto combo = static_cast<int64_t>(number);
    combos.add(request_.plan_id).add(combo).add(cell.hardware_type).add(cell.batch_size);
    combos.add(matrix_.json_of(cell))
        .add(matrix_.label_of(cell))
        .add(device_for(spec_, cell.hardware_type))
        .end_row();
    Cell chain = cell;
    chain.batch_size = 0;
    const auto chain_number = static_cast<int64_t>(chains_.emplace(chain, chains_.size()).first->second);
    cells.add(combo).add(cell.hardware_type).add(cell.batch_size).add(chain_number);
    for (size_t axis = 0; axis < matrix_.axis_count(); ++axis) {
      if (!matrix_.is_planned(axis)) continue;
      const int32_t value = cell.values[axis];
      value == Cell::kNotDeclared ? void(cells.add_null())
                                  : append(cells, matrix_.values(axis)[static_cast<size_t>(value)].value);
    }
    cells.end_row();
  }
  combos.flush();
  cells.flush();
}

// What is left out by a condition that no model's own columns are in is left out here; the others are asked
// for each row.
void Expansion::write_chosen() {
  constexpr std::string_view sql = R"sql(
INSERT INTO chosen
SELECT s.model_family, s.pinned, g.profile, s.version_id, s.template_name, c.combo, c.hardware_type, c.batch_size,
       c.chain, 0, NULL, false, CASE WHEN v.reason IS NOT NULL THEN v.reason {} END
FROM candidates s
JOIN version_cells v ON v.version_id = s.version_id
JOIN cells c ON c.combo = v.combo AND c.hardware_type = s.hardware_type
JOIN groups g ON g.model_family = s.model_family AND g.pinned IS NOT DISTINCT FROM s.pinned
WHERE s.problem IS NULL AND s.is_wanted
)sql";
  try {
    connection_.query(fmt::format(sql, exclusion_cases(conditions_, false)));
  } catch (const Error& error) {
    fail_for_row(conditions_, false, error);
  }
  estimate();
}

void Expansion::estimate() {
  connection_.query(fmt::format("UPDATE chosen SET priority = {}", kPrioritySql));
  estimates_.fill("chosen");
  if (spec_.memory_limits_gb.empty()) return;
  connection_.query(fmt::format(
      "UPDATE chosen SET reason = {} FROM estimates e WHERE e.estimate = chosen.estimate AND reason IS "
      "NULL AND NOT is_reference",
      limit_case(spec_)));
}

void Expansion::write_needs() {
  const size_t before = matrix_.cells().size();
  NeedsResolver resolver(connection_, request_.plan_id, *request_.variants, matrix_);
  has_needs_ = resolver.any();
  if (!has_needs_) return;
  resolver.resolve();
  write_cells(before);
  resolver.write();
  estimate();
}

// A chain's previous test is the one of the next smaller batch that is there. What is there gets its number:
// first the first of each group, then the second, since the rows come in this order and numbers near each
// other take less room.
void Expansion::chain() {
  connection_.execute(R"sql(
CREATE OR REPLACE TEMP TABLE chosen AS
WITH placed AS (
  SELECT *,
         CASE WHEN reason IS NULL AND NOT is_reference
              THEN lag(combo) OVER (PARTITION BY model_family, pinned, profile, version_id, chain,
                                                 reason IS NULL AND NOT is_reference ORDER BY batch_size) END AS previous_combo,
         row_number() OVER (PARTITION BY model_family, pinned, profile, reason IS NULL
                            ORDER BY template_name, version_id, combo) AS place
  FROM chosen)
SELECT * EXCLUDE (place),
       CASE WHEN reason IS NULL
            THEN row_number() OVER (PARTITION BY reason IS NULL ORDER BY place, model_family, pinned, profile) - 1
       END::INTEGER AS cell
FROM placed ORDER BY place, model_family, pinned, profile
)sql");
}

void Expansion::check_size() {
  Result rows = connection_.query(
      "SELECT coalesce(sum(g.models::DOUBLE), 0) FROM groups g JOIN chosen s ON s.model_family = "
      "g.model_family AND "
      "s.pinned IS NOT DISTINCT FROM g.pinned AND s.profile = g.profile WHERE s.reason IS NULL");
  rows.next();
  if (rows.real(0) > static_cast<double>(spec_.max_tests))
    refuse_size(spec_, rows.real(0), "the plan would have");
}

}  // namespace testloom
