// From what was selected to the tests: cells, what is left out and why, chains, needs, and the rows of the
// big table, which are written by one statement.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "plan/estimates/cell_estimates.h"
#include "plan/exclusions.h"
#include "plan/matrix.h"
#include "plan/plan_models.h"
#include "plan/variants.h"

namespace testloom {

struct ExpansionRequest {
  int64_t plan_id = 0;
  const PlanSpec* spec = nullptr;
  const std::vector<Variant>* variants = nullptr;
  const AttributeTypes* attributes = nullptr;
  const Knowledge* knowledge = nullptr;
  Connection* checker = nullptr;  // for conditions: they are checked outside of the plan's transaction
};

// The small tables of an expansion, all temporary but combos and needs; a plan's tests follow from them
// alone.
//   cells(combo, hardware_type, batch_size, chain, a0, a1, ...)   chain: the same for cells that differ in
//   their
//       batch size alone; a<N>: the value of the matrix's Nth axis
//   chosen(model_family, pinned, profile, version_id, template_name, combo, hardware_type, batch_size, chain,
//          priority, estimate, is_reference, reason, previous_combo, cell)
//       each cell of each group of models; with a reason it is skipped, else it has a number in plan_cells
//   expanded(model, version_id, combo, chain, batch_size, priority, estimate, is_reference, reason)
//       single tests, of the models that do not have all of their group's alike
// and those of CellEstimates.
// Why a cell is left out for its memory, over the columns hardware_type and memory_bytes, or NULL.
std::string limit_case(const PlanSpec& spec);

class Expansion {
 public:
  Expansion(Connection& connection, const ExpansionRequest& request);

  // Fills the small tables. Throws an Error (spec) for axes that no template declares, values of a wrong
  // type, conditions that cannot be used, needs that go round in a circle, and more tests than the limit.
  void prepare();
  // Writes the rows.
  void write_rows();
  // How many tests there were before a sample of them was taken; 0 without a sample.
  // At most 9e18.
  int64_t sampled_from() const { return sampled_from_; }

 private:
  struct VersionAxes {
    const Variant* variant = nullptr;
    std::vector<bool> declared;  // by axis of the matrix
  };

  void read_versions();
  void check_axes() const;
  void write_version_cells();
  double count_cells_of_models() const;
  void write_cells(size_t from);
  void write_chosen();
  void write_expanded();
  void write_inclusions();
  void write_inclusion(const Inclusion& inclusion);
  void add_included_references();
  void add_included(const std::string& lacks);
  void add_extra(const char* is_reference);
  void write_plan_cells(const char* cells);
  void skip_unmet();
  void drop_unneeded();
  void check_included(const Inclusion& inclusion, const std::string& template_name) const;
  void write_needs();
  void estimate();
  void chain();
  void check_size();

  Connection& connection_;
  const ExpansionRequest request_;
  const PlanSpec& spec_;
  Matrix matrix_;
  CellEstimates estimates_;
  std::map<int64_t, VersionAxes> versions_;
  std::map<Cell, size_t> chains_;  // by the cell with batch size 0
  std::vector<PlanCondition> conditions_;
  int64_t sampled_from_ = 0;
  bool cells_are_sampled_ = false;
  bool has_needs_ = false;
};

}  // namespace testloom
