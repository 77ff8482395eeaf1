// How long a plan's tests would take, by how long tests like them took before.
#pragma once

#include <cstdint>
#include <optional>

#include "store/database.h"

namespace testloom {

struct PlanTime {
  double seconds = 0;     // of all tests, one after another
  double told_share = 0;  // 0 to 1: of the tests, those whose template has run before
};

// For each test the median duration of the attempts, of any plan, with its template name, hardware type and
// batch size; else of its template and hardware type, else of its template. The tests whose template has not
// run are taken to be like the others. Nothing where no test's template has run. Reads the plan's rows, which
// may be of the transaction that is open.
std::optional<PlanTime> predict_time(Connection& connection, int64_t plan_id);

}  // namespace testloom
