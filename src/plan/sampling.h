// A sample of a plan's tests instead of all: chosen so that each pair of values of two axes that some test
// has is in one of the sample. The axes are the model, the template, the hardware type, the batch size, and
// the plan's own.
#pragma once

#include <cstdint>

#include "plan/matrix.h"
#include "store/database.h"

namespace testloom {

// Takes what is not sampled out of the temporary table `expanded` of the plan, which holds all its tests, and
// adds what the sampled ones need. Returns how many tests there were. With `cells_are_sampled` the table
// holds only tests of cells that are a sample themselves, see cell_sample.h.
int64_t sample_expanded(Connection& connection, int64_t plan_id, const Sample& sample, const Matrix& matrix,
                        bool cells_are_sampled);

}  // namespace testloom
