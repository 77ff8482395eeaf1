#include "plan/estimates/cell_estimates.h"

#include <fmt/format.h>

#include "catalog/names.h"
#include "model/estimate/family_prior.h"
#include "store/appender.h"

namespace testloom {

namespace {

constexpr const char* kTablesSql = R"sql(
CREATE OR REPLACE TEMP TABLE estimates (
  estimate INTEGER, memory_bytes BIGINT, host_memory_bytes BIGINT, time_s DOUBLE, origin VARCHAR);
CREATE OR REPLACE TEMP TABLE cell_works (version_id INTEGER, combo INTEGER, work INTEGER);
)sql";

}  // namespace

std::string device_for(const PlanSpec& spec, const std::string& hardware_type) {
  for (const HardwareSection& section : spec.hardware) {
    if (section.name == hardware_type && !section.device.empty()) return section.device;
  }
  return device_of(hardware_type);
}

CellEstimates::CellEstimates(Connection& connection, const PlanSpec& spec, const Knowledge& knowledge,
                             const std::vector<Variant>& variants, const Matrix& matrix)
    : connection_(connection), spec_(spec), knowledge_(knowledge), matrix_(matrix) {
  for (const Variant& variant : variants) {
    if (variant.version_id) variants_[*variant.version_id] = &variant;
  }
}

void CellEstimates::prepare() {
  if (is_prepared_) return;
  is_prepared_ = true;
  connection_.execute(kTablesSql);
  for (const auto& [key, cells] : knowledge_.measured) measured_profiles_.insert(key.profile);
  if (!measured_profiles_.empty()) {
    Result rows = connection_.query("SELECT version_id, definition_hash FROM template_versions");
    while (rows.next()) definitions_[rows.integer(0)] = rows.text(1);
  }
  read_profiles();
}

void CellEstimates::read_profiles() {
  Result rows = connection_.query(fmt::format("SELECT {} FROM planned_profiles", profile_columns));
  while (rows.next()) profiles_[std::string(rows.text(0))] = read_profile(rows);
}

// Where there is no profile, a family's.
const Profile& CellEstimates::profile_of(const std::string& name, const std::string& model_family) {
  const auto known = profiles_.find(name);
  if (known != profiles_.end()) return known->second;
  Profile& added = families_[model_family];
  added.model_family = model_family;
  return added;
}

size_t CellEstimates::work_number(int64_t version_id, int32_t combo) {
  const auto known = works_of_cells_.find({version_id, combo});
  if (known != works_of_cells_.end()) return known->second;
  const Cell& cell = matrix_.cells()[static_cast<size_t>(combo)];
  const Variant& variant = *variants_.at(version_id);
  WorkRequest request{cell.hardware_type,
                      device_for(spec_, cell.hardware_type),
                      cell.batch_size,
                      knowledge_.libraries,
                      &variant.workload,
                      &variant.parameters,
                      {}};
  for (size_t axis = 0; axis < cell.values.size(); ++axis) {
    if (cell.values[axis] == Cell::kNotDeclared) continue;
    const AxisValue& value = matrix_.values(axis)[static_cast<size_t>(cell.values[axis])];
    request.axes.emplace_back(matrix_.axis_name(axis), value.value);
  }
  NamedWork named = work_of(request);
  const auto [work, added] = work_numbers_.emplace(cell.hardware_type + ' ' + named.key, works_.size());
  if (added) works_.push_back({std::move(named.cell), cell.hardware_type});
  works_of_cells_[{version_id, combo}] = work->second;
  return work->second;
}

CellEstimates::Figures CellEstimates::figures_of(const Profile& profile, const PredictedCell& cell) const {
  const Prediction prediction = predict(knowledge_, profile, cell);
  return {prediction.memory_bytes, prediction.host_memory_bytes, prediction.time_s, prediction.origin};
}

int64_t CellEstimates::number_of(const Figures& figures) {
  const auto [known, added] = figures_.emplace(figures, figures_.size());
  if (added) unwritten_.push_back(&known->first);
  return known->second;
}

int64_t CellEstimates::estimate(const std::string& profile_name, const std::string& model_family,
                                size_t work) {
  const auto [number, is_new] = numbers_.try_emplace({model_family, profile_name, work}, 0);
  if (is_new) {
    number->second = number_of(figures_of(profile_of(profile_name, model_family),
                                          {&works_[work].work, works_[work].hardware_type, {}, {}, {}}));
  }
  return number->second;
}

// What was measured is of single tests.
int64_t CellEstimates::measured_estimate(const std::string& profile_name, const std::string& model_family,
                                         int64_t version_id, int32_t combo) {
  const Cell& cell = matrix_.cells()[static_cast<size_t>(combo)];
  const Work& work = works_[work_number(version_id, combo)];
  return number_of(
      figures_of(profile_of(profile_name, model_family),
                 {&work.work, cell.hardware_type, definitions_.at(version_id), {}, matrix_.json_of(cell)}));
}

void CellEstimates::write_figures() {
  Appender rows(connection_, "temp", "estimates");
  for (const Figures* figures : unwritten_) {
    rows.add(figures_.at(*figures)).add(figures->memory_bytes).add(figures->host_memory_bytes);
    figures->time_s > 0 ? rows.add_real(figures->time_s) : rows.add_null();
    rows.add(figures->origin).end_row();
  }
  rows.flush();
  unwritten_.clear();
}

void CellEstimates::write_works(const std::string& table) {
  std::vector<std::pair<int64_t, int32_t>> cells;
  Result rows = connection_.query(
      fmt::format("SELECT DISTINCT version_id, combo FROM {} WHERE estimate IS NULL ORDER BY ALL", table));
  while (rows.next()) cells.emplace_back(rows.integer(0), static_cast<int32_t>(rows.integer(1)));
  Appender works(connection_, "temp", "cell_works");
  for (const auto& [version_id, combo] : cells) {
    const bool is_new = !works_of_cells_.contains({version_id, combo});
    const auto work = static_cast<int64_t>(work_number(version_id, combo));
    if (is_new) works.add(version_id).add(int64_t{combo}).add(work).end_row();
  }
  works.flush();
}

std::vector<CellEstimates::Wanted> CellEstimates::read_wanted(const std::string& table) {
  Result rows = connection_.query(fmt::format(
      "SELECT DISTINCT t.model_family, t.profile, w.work FROM {} t JOIN cell_works w ON w.version_id = "
      "t.version_id AND w.combo = t.combo WHERE t.estimate IS NULL ORDER BY ALL",
      table));
  std::vector<Wanted> wanted;
  while (rows.next())
    wanted.push_back(
        {std::string(rows.text(0)), std::string(rows.text(1)), static_cast<size_t>(rows.integer(2))});
  return wanted;
}

void CellEstimates::trace(const std::vector<Wanted>& wanted) {
  std::set<std::pair<const Profile*, std::string_view>> seen;
  std::vector<CallToTrace> calls;
  for (const Wanted& each : wanted) {
    const Profile& profile = profile_of(each.profile, each.model_family);
    const CellWork& work = works_[each.work].work;
    if (seen.emplace(&profile, work.call).second) calls.push_back({&profile, &work});
  }
  trace_ahead(std::move(calls));
}

void CellEstimates::fill_measured(const std::string& table) {
  connection_.execute(
      "CREATE OR REPLACE TEMP TABLE estimated_cells (model_family VARCHAR, profile VARCHAR, version_id "
      "INTEGER, "
      "combo INTEGER, estimate INTEGER)");
  Appender estimated(connection_, "temp", "estimated_cells");
  Result rows =
      connection_.query(fmt::format("SELECT DISTINCT model_family, profile, version_id, combo FROM {} WHERE "
                                    "estimate IS NULL AND profile "
                                    "IN (SELECT unnest($1)) ORDER BY ALL",
                                    table),
                        {std::vector<std::string>(measured_profiles_.begin(), measured_profiles_.end())});
  while (rows.next()) {
    const std::string family(rows.text(0)), profile(rows.text(1));
    const auto combo = static_cast<int32_t>(rows.integer(3));
    estimated.add(family).add(profile).add(rows.integer(2)).add(int64_t{combo});
    estimated.add(measured_estimate(profile, family, rows.integer(2), combo)).end_row();
  }
  estimated.flush();
  connection_.execute(
      fmt::format("UPDATE {0} SET estimate = e.estimate FROM estimated_cells e WHERE {0}.estimate IS NULL "
                  "AND e.model_family = "
                  "{0}.model_family AND e.profile = {0}.profile AND e.version_id = {0}.version_id AND "
                  "e.combo = {0}.combo",
                  table));
}

void CellEstimates::fill(const std::string& table) {
  prepare();
  write_works(table);
  if (!measured_profiles_.empty()) fill_measured(table);
  const std::vector<Wanted> wanted = read_wanted(table);
  trace(wanted);
  connection_.execute(
      "CREATE OR REPLACE TEMP TABLE estimated (model_family VARCHAR, profile VARCHAR, work INTEGER, estimate "
      "INTEGER)");
  Appender estimated(connection_, "temp", "estimated");
  for (const Wanted& each : wanted) {
    estimated.add(each.model_family).add(each.profile).add(static_cast<int64_t>(each.work));
    estimated.add(estimate(each.profile, each.model_family, each.work)).end_row();
  }
  estimated.flush();
  write_figures();
  connection_.execute(
      fmt::format("UPDATE {0} SET estimate = e.estimate FROM cell_works w JOIN estimated e ON e.work = "
                  "w.work WHERE {0}.estimate "
                  "IS NULL AND w.version_id = {0}.version_id AND w.combo = {0}.combo AND e.model_family = "
                  "{0}.model_family AND "
                  "e.profile = {0}.profile",
                  table));
}

}  // namespace testloom
