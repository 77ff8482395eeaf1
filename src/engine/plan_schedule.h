// Planned tests in the order in which every engine takes them.
#pragma once

#include <vector>

#include "engine/schedule.h"
#include "plan/tests.h"

namespace testloom {

// Dependencies that are not among the tests count as passed. Groups are hardware types. Behind the tests
// stands a node for each thing that has to be fetched first, by the tests that wait for it; these nodes are
// the last group.
Schedule schedule_of(const std::vector<PlannedTest>& tests,
                     const std::vector<std::vector<size_t>>& fetched_for = {});

// The numbers of the tests, each after all that it depends on, as if every test passed.
std::vector<size_t> order_of(const std::vector<PlannedTest>& tests);

}  // namespace testloom
