// Planned tests in the order in which every engine takes them.
#pragma once

#include <vector>

#include "engine/schedule.h"
#include "plan/tests.h"

namespace testloom {

// Dependencies that are not among the tests count as passed. Groups are hardware types.
Schedule schedule_of(const std::vector<PlannedTest>& tests);

// The numbers of the tests, each after all that it depends on, as if every test passed.
std::vector<size_t> order_of(const std::vector<PlannedTest>& tests);

}  // namespace testloom
