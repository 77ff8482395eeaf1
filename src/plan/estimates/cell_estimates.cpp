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
  read_profiles();
}

void CellEstimates::read_profiles() {
  Result rows = connection_.query(fmt::format(
      "SELECT {} FROM (SELECT profile, model_family, known_config AS config, parameter_count, model_name, "
      "task FROM planned_models WHERE model IN (SELECT min(model) FROM planned_models WHERE profile <> '' "
      "GROUP BY profile))",
      profile_columns));
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
                      knowledge_.torch,
                      &variant.workload,
                      &variant.parameters,
                      {}};
  for (size_t axis = 0; axis < cell.values.size(); ++axis) {
    if (cell.values[axis] == Cell::kNotDeclared) continue;
    const AxisValue& value = matrix_.values(axis)[static_cast<size_t>(cell.values[axis])];
    request.axes.emplace_back(matrix_.axis_name(axis), value.value);
  }
  NamedWork named = work_of(request);
  const auto [work, added] = work_numbers_.emplace(std::move(named.key), works_.size());
  if (added) works_.push_back(std::move(named.cell));
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
                                int64_t version_id, int32_t combo) {
  const Cell& cell = matrix_.cells()[static_cast<size_t>(combo)];
  const size_t work = work_number(version_id, combo);
  const Profile& profile = profile_of(profile_name, model_family);
  PredictedCell predicted = {&works_[work], cell.hardware_type, {}, {}};
  if (measured_profiles_.contains(profile_name)) {  // then tests count that do the same by another template
    predicted.template_name = variants_.at(version_id)->template_name;
    predicted.axes = matrix_.json_of(cell);
    return number_of(figures_of(profile, predicted));
  }
  const auto [number, is_new] =
      numbers_.try_emplace({model_family, profile_name, cell.hardware_type, work}, 0);
  if (is_new) number->second = number_of(figures_of(profile, predicted));
  return number->second;
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

std::vector<CellEstimates::Wanted> CellEstimates::read_wanted(const std::string& table) {
  Result rows = connection_.query(
      fmt::format("SELECT DISTINCT model_family, profile, version_id, combo FROM {} WHERE estimate IS NULL "
                  "ORDER BY ALL",
                  table));
  std::vector<Wanted> wanted;
  while (rows.next())
    wanted.push_back({std::string(rows.text(0)), std::string(rows.text(1)), rows.integer(2),
                      static_cast<int32_t>(rows.integer(3))});
  return wanted;
}

void CellEstimates::trace(const std::vector<Wanted>& wanted) {
  std::set<std::pair<const Profile*, std::string_view>> seen;
  std::vector<size_t> works;
  for (const Wanted& each : wanted) works.push_back(work_number(each.version_id, each.combo));
  std::vector<CallToTrace> calls;
  for (size_t i = 0; i < wanted.size(); ++i) {
    const Profile& profile = profile_of(wanted[i].profile, wanted[i].model_family);
    const CellWork& work = works_[works[i]];
    if (profile.config && seen.emplace(&profile, work.call).second) calls.push_back({&profile, &work});
  }
  trace_ahead(std::move(calls));
}

void CellEstimates::fill(const std::string& table) {
  prepare();
  const std::vector<Wanted> wanted = read_wanted(table);
  trace(wanted);
  connection_.execute(
      "CREATE OR REPLACE TEMP TABLE estimated (model_family VARCHAR, profile VARCHAR, version_id INTEGER, "
      "combo "
      "INTEGER, estimate INTEGER)");
  Appender estimated(connection_, "temp", "estimated");
  for (const Wanted& each : wanted) {
    estimated.add(each.model_family).add(each.profile).add(each.version_id).add(int64_t{each.combo});
    estimated.add(estimate(each.profile, each.model_family, each.version_id, each.combo)).end_row();
  }
  estimated.flush();
  write_figures();
  connection_.execute(fmt::format(
      "UPDATE {0} SET estimate = e.estimate FROM estimated e WHERE {0}.estimate IS NULL AND e.model_family = "
      "{0}.model_family AND e.profile = {0}.profile AND e.version_id = {0}.version_id AND e.combo = "
      "{0}.combo",
      table));
}

}  // namespace testloom
