#include "plan/test_reader.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <unordered_map>

#include <fmt/format.h>

#include "catalog/names.h"
#include "plan/test_columns.h"

namespace testloom {

namespace {

// Enough that a statement's own cost is little beside it.
constexpr int64_t kTestsAtOnce = 16384;

}  // namespace

TestReader::TestReader(Connection& connection, const TestFilter& filter)
    : connection_(connection),
      filter_(filter),
      transaction_(connection),
      wanted_left_(filter.limit.value_or(std::numeric_limits<int64_t>::max())) {
  has_outcomes_ = connection.query("SELECT 1 FROM outcomes LIMIT 1").next();
  read_combos();
  read_versions();
  read_needs();
  read_cells();
}

void TestReader::read_needs() {
  Result rows = connection_.query(
      "SELECT model_family, coalesce(pinned, -1), version_id, combo, needed_version_id, needed_combo, "
      "profile FROM "
      "needs WHERE plan_id = ? "
      "ORDER BY ALL",
      {filter_.plan_id});
  while (rows.next()) {
    needs_[{std::string(rows.text(0)),
            rows.integer(1),
            std::string(rows.text(6)),
            {rows.integer(2), rows.integer(3)}}]
        .push_back({rows.integer(4), rows.integer(5)});
  }
}

void TestReader::read_combos() {
  Result rows = connection_.query(
      "SELECT combo, hardware_type, batch_size, label, len($2) = 0 OR list_contains($2, hardware_type), "
      "device, "
      "axes::VARCHAR FROM combos WHERE plan_id = $1",
      {filter_.plan_id, filter_.hardware_types});
  while (rows.next()) {
    Combo& combo = combos_[rows.integer(0)];
    combo.hardware_type = rows.text(1);
    combo.batch_size = rows.integer(2);
    combo.label = rows.text(3);
    combo.wanted = rows.boolean(4);
    combo.device = rows.is_null(5) ? device_of(combo.hardware_type) : std::string(rows.text(5));
    combo.axes = axes_of_json(rows.text(6));
  }
}

void TestReader::read_versions() {
  Result rows = connection_.query(
      "SELECT version_id, template_name, definition_hash, coalesce(output_kind, 'python'), template_id, "
      "version "
      "FROM template_versions ORDER BY template_name, version_id");
  while (rows.next()) {
    Version& version = versions_[rows.integer(0)];
    version.template_name = rows.text(1);
    version.hash = rows.text(2);
    version.output_kind = rows.text(3);
    version.template_id = rows.integer(4);
    version.version = rows.integer(5);
    version.rank = versions_.size();
  }
}

void TestReader::read_models(int64_t begin, int64_t end) {
  models_.clear();
  Result rows = connection_.query(
      "SELECT model, model_name, model_location, model_family, task, family_origin, definition_hash, "
      "coalesce(template_id, -1), profile FROM plan_models WHERE plan_id = ? AND model >= ? AND model < ?",
      {filter_.plan_id, begin, end});
  while (rows.next()) {
    Model& model = models_[rows.integer(0)];
    model.name = rows.text(1);
    model.location = rows.text(2);
    model.family = rows.text(3);
    model.task = rows.text(4);
    model.pinned = rows.integer(7);
    model.profile = rows.text(8);
    model.origin = rows.text(5);
    model.hash = rows.text(6);
    model.name_hash = md5_of(model.name);
  }
}

void TestReader::read_cells() {
  Result rows = connection_.query(
      "SELECT cell, version_id, combo, coalesce(previous_combo, -1), priority, memory_bytes, "
      "memory_origin::VARCHAR, is_reference, coalesce(host_memory_bytes, -1), coalesce(time_s, 0) FROM "
      "plan_cells WHERE plan_id = ?",
      {filter_.plan_id});
  while (rows.next()) {
    cells_[rows.integer(0)] = {rows.integer(1),
                               rows.integer(2),
                               rows.integer(3),
                               rows.integer(4),
                               rows.integer(5),
                               rows.integer(8),
                               rows.real(9),
                               std::string(rows.text(6)),
                               rows.boolean(7),
                               &versions_.at(rows.integer(1)),
                               &combos_.at(rows.integer(2))};
  }
}

void TestReader::read_rows(int64_t begin, int64_t end) {
  rows_.clear();
  const std::string sql =
      filter_.where.empty()
          ? "SELECT model, cell FROM test_rows WHERE plan_id = $1 AND model >= $2 AND model < $3"
          : fmt::format("SELECT r.model, r.cell {} AND r.model >= $2 AND r.model < $3 AND {}", kJoinedTests,
                        filter_.where);
  Result rows = connection_.query(sql, {filter_.plan_id, begin, end});
  while (rows.next()) {
    const CellRow& cell = cells_.at(rows.integer(1));
    if (cell.combo->wanted) rows_.push_back({rows.integer(0), &models_.at(rows.integer(0)), &cell});
  }
  std::sort(rows_.begin(), rows_.end(), [](const Row& a, const Row& b) {
    return std::tie(a.model_number, a.cell->version->rank, a.cell->combo_number) <
           std::tie(b.model_number, b.cell->version->rank, b.cell->combo_number);
  });
}

// Which models may have tests that are wanted, and how many tests those are. An id tells its model's name
// hash; a condition is asked of all tests at once, so that DuckDB can do without most of them.
TestReader::Range TestReader::find_range() {
  const std::string_view id = filter_.test_id ? std::string_view(*filter_.test_id) : "";
  const std::optional<int64_t> hash = name_hash_of(id);
  Result rows =
      hash ? connection_.query(
                 "SELECT min(m.model), max(m.model) + 1, count(*) FROM plan_models m JOIN test_rows r ON "
                 "r.plan_id = $1 AND "
                 "r.model = m.model WHERE m.plan_id = $1 AND m.name_hash = $2",
                 {filter_.plan_id, *hash})
      : filter_.where.empty()
          ? connection_.query("SELECT min(model), max(model) + 1, count(*) FROM test_rows WHERE plan_id = $1",
                              {filter_.plan_id})
          : connection_.query(fmt::format("SELECT min(r.model), max(r.model) + 1, count(*) {} AND {}",
                                          kJoinedTests, filter_.where),
                              {filter_.plan_id});
  rows.next();
  if (rows.is_null(0)) return {};
  return {rows.integer(0), rows.integer(1), rows.integer(2)};
}

// Rows of the next models, as many as have about that many tests; false where no model is left.
bool TestReader::read_next_rows(int64_t tests_at_once) {
  if (!left_) left_ = find_range();
  if (left_->begin >= left_->end) return false;
  const int64_t per_model = std::max<int64_t>(1, left_->tests / (left_->end - left_->begin));
  const int64_t models = std::max<int64_t>(1, tests_at_once / per_model);
  const int64_t end = std::min(left_->end, left_->begin + models);
  read_models(left_->begin, end);
  read_rows(left_->begin, end);
  left_->tests -= static_cast<int64_t>(rows_.size());
  left_->begin = end;
  return true;
}

void TestReader::make_id(std::string& id, std::string& case_name, const Model& model, const Version& version,
                         const Combo& combo) {
  case_name.assign(model.name).append("/").append(combo.hardware_type).append("/");
  case_name.append(version.template_name).append(combo.label);
  make_test_id(id, model.name_hash, case_name, {model.family, version.hash, model.hash});
}

void TestReader::name(PlannedTest& test, const Row& row) {
  make_id(test.test_id, test.case_name, *row.model, *row.cell->version, *row.cell->combo);
  test.plan_id = filter_.plan_id;
  test.model_name = row.model->name;
  test.model_family = row.model->family;
  test.task = row.model->task;
  test.model_location = row.model->location;
  test.hardware_type = row.cell->combo->hardware_type;
  test.device = row.cell->combo->device;
  test.batch_size = row.cell->combo->batch_size;
  test.axes = row.cell->combo->axes;
  test.template_name = row.cell->version->template_name;
  test.version_id = row.cell->version_id;
  test.output_kind = row.cell->version->output_kind;
}

void TestReader::fill(PlannedTest& test, const Row& row) {
  name(test, row);
  test.family_origin = row.model->origin;
  test.template_id = row.cell->version->template_id;
  test.template_version = row.cell->version->version;
  test.priority = row.cell->priority;
  test.estimated_memory_gb = static_cast<double>(row.cell->memory_bytes) / 1e9;
  test.estimate_origin = row.cell->origin;
  if (row.cell->host_memory_bytes >= 0)
    test.estimated_host_memory_gb = static_cast<double>(row.cell->host_memory_bytes) / 1e9;
  if (row.cell->time_s > 0) test.estimated_time_s = row.cell->time_s;
  test.is_reference = row.cell->is_reference;
  const auto add_dependency = [&](const Version& version, int64_t combo) {
    make_id(test.dependencies.emplace_back(), case_of_other_, *row.model, version, combos_.at(combo));
  };
  if (row.cell->previous_combo >= 0) add_dependency(*row.cell->version, row.cell->previous_combo);
  const auto needs = needs_.find({row.model->family,
                                  row.model->pinned,
                                  row.model->profile,
                                  {row.cell->version_id, row.cell->combo_number}});
  if (needs == needs_.end()) return;
  for (const Kind& needed : needs->second) add_dependency(versions_.at(needed.version_id), needed.combo);
}

void TestReader::add_outcomes(std::vector<PlannedTest>& tests) {
  std::unordered_map<std::string_view, PlannedTest*> by_id;
  std::vector<std::string> ids;
  for (PlannedTest& test : tests) {
    by_id.emplace(test.test_id, &test);
    ids.push_back(test.test_id);
  }
  Result rows = connection_.query(
      "SELECT test_id::VARCHAR, arg_max(outcome, (started_at, attempt)) FROM outcomes WHERE test_id IN "
      "(SELECT "
      "unnest($1)::UUID) GROUP BY test_id",
      {ids});
  while (rows.next()) by_id.at(rows.text(0))->last_outcome = rows.text(1);
}

void TestReader::keep_by_outcome(std::vector<PlannedTest>& tests) {
  std::erase_if(tests, [&](const PlannedTest& test) {
    const std::string last = test.last_outcome.value_or("none");
    return std::find(filter_.last_outcomes.begin(), filter_.last_outcomes.end(), last) ==
           filter_.last_outcomes.end();
  });
  if (static_cast<int64_t>(tests.size()) > wanted_left_) tests.resize(static_cast<size_t>(wanted_left_));
  wanted_left_ -= static_cast<int64_t>(tests.size());
}

bool TestReader::read(std::vector<PlannedTest>& tests) {
  tests.clear();
  while (tests.empty() && wanted_left_ > 0 && read_next_rows(std::min(wanted_left_, kTestsAtOnce))) {
    for (const Row& row : rows_) {
      if (wanted_left_ == 0) break;
      fill(tests.emplace_back(), row);
      const bool wanted = !filter_.test_id || tests.back().test_id == *filter_.test_id;
      wanted ? void(wanted_left_ -= filter_.last_outcomes.empty() ? 1 : 0) : tests.pop_back();
    }
    if (has_outcomes_ && !tests.empty()) add_outcomes(tests);
    if (!filter_.last_outcomes.empty()) keep_by_outcome(tests);
  }
  return !tests.empty();
}

void TestReader::for_each_to_render(const std::function<void(const PlannedTest&)>& use) {
  PlannedTest test;
  while (read_next_rows(std::min(wanted_left_, kTestsAtOnce))) {
    for (const Row& row : rows_) {
      name(test, row);
      if (filter_.test_id && test.test_id != *filter_.test_id) continue;
      if (wanted_left_-- == 0) return;
      use(test);
    }
    if (wanted_left_ <= 0) return;
  }
}

void for_each_test(Connection& connection, const TestFilter& filter,
                   const std::function<void(const PlannedTest&)>& use) {
  TestReader reader(connection, filter);
  std::vector<PlannedTest> tests;
  while (reader.read(tests)) {
    for (const PlannedTest& test : tests) use(test);
  }
}

void for_each_test_to_render(Connection& connection, const TestFilter& filter,
                             const std::function<void(const PlannedTest&)>& use) {
  TestReader(connection, filter).for_each_to_render(use);
}

}  // namespace testloom
