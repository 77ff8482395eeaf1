// The prediction of one planned test, made again with its terms, by what is known now.
#pragma once

#include <string>

#include "plan/estimates/prediction.h"
#include "plan/tests.h"

namespace testloom {

struct TestEstimate {
  Prediction prediction;
  std::string work;         // what the test does, as a JSON object
  std::string prior_terms;  // "4 GB for family text_generation at batch size 4, …"; empty without a prior
};

// By what is known now, for the torch that a plan was for where no test ran.
Knowledge current_knowledge(Connection& connection, int64_t plan_id);

TestEstimate explain_estimate(Connection& connection, const Knowledge& knowledge, const PlannedTest& test);

}  // namespace testloom
