// The cells of a plan: hardware types × batch sizes × the values of the axes that a template declares.
// Templates that declare the same axes share their cells. Nothing here knows a model, or the store.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plan/spec/spec.h"

namespace testloom {

// One value of an axis as the store has it.
struct AxisValue {
  Value value;
  std::string json;
  std::string shown;  // in a case
};

// DuckDB's type for an axis. REQUIRES: it has a value.
std::string type_of_axis(const std::vector<AxisValue>& values);

// One cell. `values` has an entry for each axis of the plan: the number of its value, or kNotDeclared.
struct Cell {
  static constexpr int32_t kNotDeclared = -1;
  std::string hardware_type;
  int64_t batch_size = 0;
  std::vector<int32_t> values;

  auto operator<=>(const Cell&) const = default;
};

// What one step along an axis, or along axes that move together, sets: values by their axes' numbers.
using CellStep = std::vector<std::pair<size_t, int32_t>>;

class Matrix {
 public:
  explicit Matrix(const PlanSpec& spec);

  // The plan's axes by name, those of zips among them; then those that templates need.
  size_t axis_count() const { return axes_.size(); }
  const std::string& axis_name(size_t axis) const { return axes_[axis].name; }
  const std::vector<AxisValue>& values(size_t axis) const { return axes_[axis].values; }
  std::optional<size_t> find_axis(std::string_view name) const;

  const std::vector<std::string>& hardware_types() const { return hardware_types_; }
  const std::vector<int64_t>& batch_sizes() const { return batch_sizes_; }  // ascending
  // The steps of each dimension for a template with these axes.
  std::vector<std::vector<CellStep>> steps(const std::vector<bool>& declared) const;
  // How many cells a template with these axes has; as a number that cannot overflow.
  double count_cells(const std::vector<bool>& declared) const;
  // Adds them, by hardware type, axes and ascending batch size, and calls `use` with the number of each.
  // Cells that are there already keep their number.
  void add_cells(const std::vector<bool>& declared, const std::function<void(int32_t combo)>& use);

  // An axis that the plan has no values for, but some template's needs: only cells outside of the plan's have
  // one.
  void add_needed_axis(const std::string& name);
  // Whether the plan itself has values for the axis.
  bool is_planned(size_t axis) const { return axis < planned_axes_; }

  // The number of one cell, which may be outside of the axes; a new one gets the next number.
  int32_t add(const Cell& cell);
  // The number of a value, which may be a new one for the axis.
  int32_t add_value(size_t axis, const Value& value);

  const std::vector<Cell>& cells() const { return cells_; }
  std::string label_of(const Cell& cell) const;  // "[batch_size=1,dtype=float32]"
  std::string json_of(const Cell& cell) const;   // {"dtype": "float32"}
  // The cell for a template with these axes: without the others, and with the plan's first value for those
  // that it has none for; of axes that move together the one that goes with the others.
  Cell completed(Cell cell, const std::vector<bool>& declared) const;
  // By axis: whether it is one of these parameters.
  std::vector<bool> declared_by(const std::vector<ParameterInfo>& parameters) const;

 private:
  struct PlanAxis {
    std::string name;
    std::vector<AxisValue> values;
  };
  // Axes that move on their own, or together: one step sets a value for each of its axes.
  struct Dimension {
    std::vector<size_t> axes;
    size_t steps;
  };

  void add_axis(const Axis& axis);
  std::vector<CellStep> steps_of(const Dimension& dimension, const std::vector<bool>& declared) const;

  std::vector<std::string> hardware_types_;
  std::vector<int64_t> batch_sizes_;  // ascending
  std::vector<PlanAxis> axes_;        // the plan's by name, then those that are needed
  size_t planned_axes_ = 0;
  std::vector<Dimension> dimensions_;
  std::vector<Cell> cells_;  // by number
  std::map<Cell, int32_t> numbers_;
};

}  // namespace testloom
