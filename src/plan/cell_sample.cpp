#include "plan/cell_sample.h"

#include <algorithm>
#include <set>
#include <unordered_set>

#include <fmt/format.h>

#include "base/text.h"
#include "catalog/json_values.h"
#include "model/estimate/family_prior.h"
#include "plan/axis_check.h"
#include "plan/covering/covering.h"
#include "plan/expansion.h"
#include "store/sql_text.h"

namespace testloom {

namespace {

// What is forbidden has to be so for all models; whatever is known of one by its profile is asked later.
std::string prior_sql() {
  std::string priors;
  for (const FamilyPrior& prior : family_priors()) {
    priors += fmt::format(" WHEN '{}' THEN {}", prior.model_family, prior.memory_gb);
  }
  return fmt::format(
      "(CASE WHEN s.profile <> '' THEN 0 ELSE least(9e18, greatest({}, (CASE model_family{} ELSE {} END) * "
      "batch_size::DOUBLE / {}) * 1e9) END)::BIGINT",
      prior_memory_floor_gb, priors, prior_other_family_gb, prior_batch_size);
}

constexpr double kMostTuples = 4e6;  // that one condition is asked for

// Which tuples of values a condition leaves out: of some axes of the sample, by the numbers of their values.
struct Forbidden {
  std::vector<size_t> axes;
  std::unordered_set<uint64_t> tuples;

  bool has(std::span<const uint32_t> row, const std::vector<uint32_t>& sizes) const {
    uint64_t key = 0;
    for (const size_t axis : axes) key = key * sizes[axis] + row[axis];
    return tuples.contains(key);
  }
};

// The axes of the sample: hardware type, batch size, then the matrix's dimensions.
class CellSampler {
 public:
  CellSampler(const CellSampleRequest& request, Matrix& matrix)
      : request_(request), matrix_(matrix), declared_(matrix.declared_by(request.variant->parameters)) {
    read_hardware_types();
    sizes_ = {static_cast<uint32_t>(hardware_types_.size()),
              static_cast<uint32_t>(matrix.batch_sizes().size())};
    for (std::vector<CellStep>& steps : matrix.steps(declared_)) {
      take_possible(steps);
      sizes_.push_back(static_cast<uint32_t>(steps_.back().size()));
    }
    for (const PlanCondition& condition : *request_.conditions) {
      if (!condition.about_model) add_forbidden(condition);
    }
    add_limits();
  }

  void sample(const std::function<void(int32_t, const std::string&)>& use) {
    for (const Cell& cell : not_taken_)
      use(matrix_.add(cell), reason_not_taken(*request_.variant, matrix_, cell));
    CoveringRequest covering{sizes_, nullptr, static_cast<uint64_t>(request_.spec->sample->seed)};
    if (!forbidden_.empty()) covering.allowed = [this](std::span<const uint32_t> row) { return allows(row); };
    const std::optional<int64_t> tests = request_.spec->sample->tests;
    const CoveringRows rows =
        tests ? sample_rows(covering, static_cast<size_t>(*tests)) : cover_pairs(covering);
    for (const std::vector<uint32_t>& row : rows) use(matrix_.add(cell_of(row)), "");
  }

 private:
  // Those that the template is for.
  void read_hardware_types() {
    Result rows = request_.connection->query(
        "SELECT DISTINCT hardware_type FROM candidates WHERE version_id = $1 AND problem IS NULL AND "
        "is_wanted",
        {*request_.variant->version_id});
    std::set<std::string, std::less<>> fitting;
    while (rows.next()) fitting.emplace(rows.text(0));
    for (const std::string& hardware_type : matrix_.hardware_types()) {
      if (fitting.contains(hardware_type)) hardware_types_.push_back(hardware_type);
    }
  }

  // The steps whose values the template takes; of each other one a cell, for its reason.
  void take_possible(std::vector<CellStep>& steps) {
    std::vector<CellStep>& possible = steps_.emplace_back();
    for (CellStep& step : steps) {
      Cell cell = cell_of({0, 0});
      for (const auto& [axis, value] : step) cell.values[axis] = value;
      if (reason_not_taken(*request_.variant, matrix_, cell).empty())
        possible.push_back(std::move(step));
      else
        not_taken_.push_back(std::move(cell));
    }
  }

  Cell cell_of(const std::vector<uint32_t>& row) const {
    Cell cell{hardware_types_[row[0]], matrix_.batch_sizes()[row[1]],
              std::vector<int32_t>(matrix_.axis_count(), Cell::kNotDeclared)};
    for (size_t i = 2; i < row.size(); ++i) {
      for (const auto& [axis, value] : steps_[i - 2][row[i]]) cell.values[axis] = value;
    }
    return cell;
  }

  bool allows(std::span<const uint32_t> row) const {
    return std::none_of(forbidden_.begin(), forbidden_.end(),
                        [&](const Forbidden& forbidden) { return forbidden.has(row, sizes_); });
  }

  // The axis of the sample that sets a column of `cells`; none for an axis that the template does not
  // declare.
  std::optional<size_t> axis_of(const std::string& column) const {
    if (column == "hardware_type") return 0;
    if (column == "batch_size") return 1;
    const auto wanted = static_cast<size_t>(std::stoul(column.substr(1)));
    for (size_t i = 0; i < steps_.size(); ++i) {
      if (steps_[i].empty()) continue;
      for (const auto& [axis, value] : steps_[i].front()) {
        if (axis == wanted) return i + 2;
      }
    }
    return std::nullopt;
  }

  std::string literal(const std::string& column, size_t axis, uint32_t at) const {
    if (column == "hardware_type") return sql_text(hardware_types_[at]);
    if (column == "batch_size") return std::to_string(matrix_.batch_sizes()[at]);
    const auto wanted = static_cast<size_t>(std::stoul(column.substr(1)));
    for (const auto& [of, number] : steps_[axis - 2][at]) {
      if (of != wanted) continue;
      const Value& value = matrix_.values(of)[static_cast<size_t>(number)].value;
      const std::string* text = std::get_if<std::string>(&value.data);
      return text ? sql_text(*text) : json_of(value);
    }
    return "NULL";
  }

  // A relation of an axis's values: the column n<axis>, and those columns of `cells` that it sets.
  std::string values_sql(size_t axis, const std::vector<std::string>& columns) const {
    std::string rows, names = fmt::format("n{}", axis);
    for (const std::string& column : columns) names += ", " + column;
    for (uint32_t at = 0; at < sizes_[axis]; ++at) {
      std::string row = std::to_string(at);
      for (const std::string& column : columns) row += ", " + literal(column, axis, at);
      rows += fmt::format("{}({})", rows.empty() ? "" : ", ", row);
    }
    return fmt::format("(VALUES {}) v{}({})", rows, axis, names);
  }

  // Asks `sql`, over `c` and `s`, for all values of the axes that these columns of `c` are set by.
  void ask(const std::string& sql, const std::vector<std::string>& columns,
           const std::function<void()>& refuse_size) {
    Forbidden forbidden;
    std::map<size_t, std::vector<std::string>> by_axis;
    std::string values, relations, numbers;
    for (const std::string& column : columns) {
      const std::optional<size_t> axis = axis_of(column);
      if (axis) by_axis[*axis].push_back(column);
      const std::string type = column == "hardware_type" ? "VARCHAR"
                               : column == "batch_size"
                                   ? "BIGINT"
                                   : type_of_axis(matrix_.values(std::stoul(column.substr(1))));
      values += fmt::format(", {}::{} AS {}", axis ? column : "NULL", type, column);
    }
    double tuples = 1;
    for (const auto& [axis, names] : by_axis) {
      forbidden.axes.push_back(axis);
      tuples *= sizes_[axis];
      relations +=
          fmt::format("{}{}", relations.empty() ? " FROM " : " CROSS JOIN ", values_sql(axis, names));
      numbers += fmt::format("{}n{}", numbers.empty() ? "" : ", ", axis);
    }
    if (tuples == 0) return;
    if (tuples > kMostTuples) refuse_size();
    Result rows = request_.connection->query(
        fmt::format("SELECT {0} FROM (SELECT {1}{2}{3}) c, (SELECT DISTINCT s.model_family, s.template_name, "
                    "g.profile FROM candidates s JOIN groups g ON g.model_family = s.model_family AND "
                    "g.pinned IS NOT "
                    "DISTINCT FROM s.pinned WHERE s.version_id = $1 AND s.problem IS NULL AND s.is_wanted) s "
                    "GROUP BY ALL HAVING "
                    "bool_and(coalesce({4}, false))",
                    numbers.empty() ? "0" : numbers, numbers.empty() ? "0 AS n" : numbers, values, relations,
                    sql),
        {*request_.variant->version_id});
    while (rows.next()) {
      uint64_t key = 0;
      for (size_t i = 0; i < forbidden.axes.size(); ++i)
        key = key * sizes_[forbidden.axes[i]] + static_cast<uint64_t>(rows.integer(i));
      forbidden.tuples.insert(key);
    }
    if (!forbidden.tuples.empty()) forbidden_.push_back(std::move(forbidden));
  }

  void add_forbidden(const PlanCondition& condition) {
    try {
      ask(condition.sql, condition.cell_columns, [&] { throw condition_too_wide(condition, kMostTuples); });
    } catch (const Error& error) {
      if (!is_row_failure(error)) throw;
      fail_for_row({condition}, false, error);
    }
  }

  void add_limits() {
    if (request_.spec->memory_limits_gb.empty()) return;
    ask(fmt::format(
            "(SELECT {} FROM (SELECT c.hardware_type AS hardware_type, {} AS memory_bytes FROM (SELECT "
            "s.model_family AS model_family, c.batch_size AS batch_size))) IS NOT NULL",
            limit_case(*request_.spec), prior_sql()),
        {"hardware_type", "batch_size"}, [] {});
  }

  const CellSampleRequest request_;
  Matrix& matrix_;
  const std::vector<bool> declared_;
  std::vector<std::string> hardware_types_;
  std::vector<uint32_t> sizes_;
  std::vector<std::vector<CellStep>> steps_;  // by dimension: what each of its values sets
  std::vector<Cell> not_taken_;
  std::vector<Forbidden> forbidden_;
};

}  // namespace

void sample_cells(const CellSampleRequest& request, Matrix& matrix,
                  const std::function<void(int32_t combo, const std::string& reason)>& use) {
  CellSampler(request, matrix).sample(use);
}

}  // namespace testloom
