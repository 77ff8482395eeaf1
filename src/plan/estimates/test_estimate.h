// The estimate of one planned test, computed again with its terms.
#pragma once

#include <string>

#include "model/estimate/memory.h"
#include "plan/tests.h"

namespace testloom {

struct TestEstimate {
  Estimate estimate;      // what the test's figures come from
  std::string work;       // what the test does, as a JSON object
  std::string why_prior;  // why nothing better than the prior was there; may be empty
  std::string
      prior_terms;  // "4 GB for family text_generation at batch size 4, x 16 / 4, …"; empty without a prior
};

TestEstimate explain_estimate(Connection& connection, const PlannedTest& test);

}  // namespace testloom
