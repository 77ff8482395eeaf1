// The beginning of every outcome: what the test is, and what was predicted of it.
#pragma once

#include <string>
#include <string_view>

#include "engine/outcome.h"
#include "plan/tests.h"

namespace testloom {

// Of a test that starts now; the outcome's word is empty.
Outcome outcome_of_test(const PlannedTest& test);

// Of a test that is not run.
Outcome not_run(const PlannedTest& test, std::string_view word, std::string reason);

}  // namespace testloom
