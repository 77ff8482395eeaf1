#include "plan/matrix.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/json_writer.h"
#include "catalog/json_values.h"

namespace testloom {

namespace {

bool is_plain(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || c == '+';
  });
}

AxisValue axis_value(const Value& value) {
  AxisValue made{value, json_of(value), {}};
  const std::string* text = std::get_if<std::string>(&value.data);
  made.shown = text && is_plain(*text) ? *text : made.json;
  return made;
}

}  // namespace

std::string type_of_axis(const std::vector<AxisValue>& values) {
  constexpr const char* types[] = {"VARCHAR", "BOOLEAN", "BIGINT", "DOUBLE", "VARCHAR"};
  return types[values.front().value.data.index()];
}

Matrix::Matrix(const PlanSpec& spec) : hardware_types_(spec.hardware_types), batch_sizes_(spec.batch_sizes) {
  std::sort(batch_sizes_.begin(), batch_sizes_.end());
  std::vector<const Axis*> all;
  for (const Axis& axis : spec.axes) all.push_back(&axis);
  for (const std::vector<Axis>& zip : spec.zips) {
    for (const Axis& axis : zip) all.push_back(&axis);
  }
  std::sort(all.begin(), all.end(), [](const Axis* a, const Axis* b) { return a->name < b->name; });
  for (const Axis* axis : all) add_axis(*axis);
  planned_axes_ = axes_.size();
  for (const Axis& axis : spec.axes) dimensions_.push_back({{*find_axis(axis.name)}, axis.values.size()});
  for (const std::vector<Axis>& zip : spec.zips) {
    Dimension together{{}, zip.front().values.size()};
    for (const Axis& axis : zip) together.axes.push_back(*find_axis(axis.name));
    dimensions_.push_back(together);
  }
}

void Matrix::add_axis(const Axis& axis) {
  PlanAxis& added = axes_.emplace_back();
  added.name = axis.name;
  for (const Value& value : axis.values) added.values.push_back(axis_value(value));
}

void Matrix::add_needed_axis(const std::string& name) {
  if (!find_axis(name)) axes_.push_back({name, {}});
}

std::optional<size_t> Matrix::find_axis(std::string_view name) const {
  for (size_t axis = 0; axis < axes_.size(); ++axis) {
    if (axes_[axis].name == name) return axis;
  }
  return std::nullopt;
}

// What each step of a dimension sets, for a template that declares some of its axes: each set of values once.
std::vector<CellStep> Matrix::steps_of(const Dimension& dimension, const std::vector<bool>& declared) const {
  std::vector<CellStep> steps;
  std::set<std::vector<std::string>> seen;
  for (size_t step = 0; step < dimension.steps; ++step) {
    CellStep sets;
    std::vector<std::string> shown;
    for (const size_t axis : dimension.axes) {
      if (!declared[axis]) continue;
      sets.emplace_back(axis, static_cast<int32_t>(step));
      shown.push_back(axes_[axis].values[step].json);
    }
    if (seen.insert(shown).second) steps.push_back(std::move(sets));
  }
  return steps;
}

std::vector<std::vector<CellStep>> Matrix::steps(const std::vector<bool>& declared) const {
  std::vector<std::vector<CellStep>> steps;
  for (const Dimension& dimension : dimensions_) steps.push_back(steps_of(dimension, declared));
  return steps;
}

double Matrix::count_cells(const std::vector<bool>& declared) const {
  double count = static_cast<double>(hardware_types_.size()) * static_cast<double>(batch_sizes_.size());
  for (const Dimension& dimension : dimensions_) {
    count *= static_cast<double>(steps_of(dimension, declared).size());
  }
  return count;
}

void Matrix::add_cells(const std::vector<bool>& declared, const std::function<void(int32_t combo)>& use) {
  const std::vector<std::vector<CellStep>> steps = this->steps(declared);
  for (const std::string& hardware_type : hardware_types_) {
    Cell cell{hardware_type, 0, std::vector<int32_t>(axes_.size(), Cell::kNotDeclared)};
    std::vector<size_t> at(steps.size(), 0);  // counts like an odometer, the last dimension fastest
    for (bool more = true; more;) {
      for (size_t i = 0; i < steps.size(); ++i) {
        for (const auto& [axis, value] : steps[i][at[i]]) cell.values[axis] = value;
      }
      for (const int64_t batch_size : batch_sizes_) {
        cell.batch_size = batch_size;
        use(add(cell));
      }
      more = false;
      for (size_t i = steps.size(); i-- > 0 && !more;) {
        more = ++at[i] < steps[i].size();
        if (!more) at[i] = 0;
      }
    }
  }
}

int32_t Matrix::add(const Cell& cell) {
  const auto [found, added] = numbers_.emplace(cell, static_cast<int32_t>(cells_.size()));
  if (added) cells_.push_back(cell);
  return found->second;
}

int32_t Matrix::add_value(size_t axis, const Value& value) {
  AxisValue made = axis_value(value);
  std::vector<AxisValue>& values = axes_[axis].values;
  const auto found = std::find_if(values.begin(), values.end(),
                                  [&](const AxisValue& known) { return known.json == made.json; });
  const auto number = static_cast<int32_t>(found - values.begin());
  if (found == values.end()) values.push_back(std::move(made));
  return number;
}

std::string Matrix::label_of(const Cell& cell) const {
  std::string label = fmt::format("[batch_size={}", cell.batch_size);
  for (size_t axis = 0; axis < axes_.size(); ++axis) {
    const int32_t value = cell.values[axis];
    if (value == Cell::kNotDeclared) continue;
    label += fmt::format(",{}={}", axes_[axis].name, axes_[axis].values[static_cast<size_t>(value)].shown);
  }
  return label + "]";
}

std::string Matrix::json_of(const Cell& cell) const {
  JsonWriter json;
  json.begin_object();
  for (size_t axis = 0; axis < axes_.size(); ++axis) {
    const int32_t value = cell.values[axis];
    if (value != Cell::kNotDeclared)
      json.key(axes_[axis].name).raw(axes_[axis].values[static_cast<size_t>(value)].json);
  }
  return json.end_object().take();
}

Cell Matrix::completed(Cell cell, const std::vector<bool>& declared) const {
  for (const Dimension& dimension : dimensions_) {
    size_t step = 0;  // of those that have the values that the cell has already
    const auto fits = [&](size_t axis) {
      const int32_t value = cell.values[axis];
      return value == Cell::kNotDeclared ||
             axes_[axis].values[static_cast<size_t>(value)].json == axes_[axis].values[step].json;
    };
    while (step < dimension.steps && !std::all_of(dimension.axes.begin(), dimension.axes.end(), fits)) ++step;
    if (step == dimension.steps) step = 0;
    for (const size_t axis : dimension.axes) {
      if (declared[axis] && cell.values[axis] == Cell::kNotDeclared)
        cell.values[axis] = static_cast<int32_t>(step);
    }
  }
  for (size_t axis = 0; axis < axes_.size(); ++axis) {
    if (!declared[axis]) cell.values[axis] = Cell::kNotDeclared;
  }
  return cell;
}

std::vector<bool> Matrix::declared_by(const std::vector<ParameterInfo>& parameters) const {
  std::vector<bool> declared(axes_.size(), false);
  for (const ParameterInfo& parameter : parameters) {
    if (const std::optional<size_t> axis = find_axis(parameter.name)) declared[*axis] = true;
  }
  return declared;
}

}  // namespace testloom
