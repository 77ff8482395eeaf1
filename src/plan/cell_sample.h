// A sample of one template's cells that never lays them all out: for plans whose axes together make more
// cells than could be held. The cells cover every pair of values that a cell of the plan has.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "plan/exclusions.h"
#include "plan/matrix.h"
#include "plan/variants.h"
#include "store/database.h"

namespace testloom {

struct CellSampleRequest {
  Connection* connection = nullptr;  // with the temporary table `candidates`
  const PlanSpec* spec = nullptr;    // has a sample
  const std::vector<PlanCondition>* conditions = nullptr;
  const Variant* variant = nullptr;
};

// Adds the cells to the matrix and calls `use` with the number of each; with a reason for one cell of each
// value that the template does not take. Conditions about models are not looked at here. A condition is asked
// once for each of the values of the axes it names; throws an Error (spec), at its place, where those are
// more than 4,000,000 together.
void sample_cells(const CellSampleRequest& request, Matrix& matrix,
                  const std::function<void(int32_t combo, const std::string& reason)>& use);

}  // namespace testloom
