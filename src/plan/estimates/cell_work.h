// What a test does with its model, as an estimate sees it: what its template says of itself (`#% workload`),
// the values that its cell has for parameters of the same names, and where it runs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/estimate/workload.h"
#include "testloom/template.h"

namespace testloom {

struct WorkRequest {
  std::string hardware_type;
  std::string device;  // what torch calls it, which says what a hardware type of the user's own is
  int64_t batch_size = 1;
  Libraries libraries;
  const std::vector<std::pair<std::string, Value>>* declared = nullptr;  // what the template says
  const std::vector<ParameterInfo>* parameters = nullptr;
  std::vector<std::pair<std::string, Value>> axes;  // the cell's values
};

struct CellWork {
  Workload work;
  std::string call;     // the same for works that differ in the kind of device alone
  std::string problem;  // why nothing can be estimated by it; empty: it can
};

// One work and one text for all cells that do the same.
struct NamedWork {
  std::string key;
  CellWork cell;
};

NamedWork work_of(const WorkRequest& request);

}  // namespace testloom
