// Why a cell has the test that it has, or none: the model's family and where it came from, the templates that
// were there to choose from and why each won or lost, what is predicted and how, what comes before it, and
// what left it out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "plan/estimates/test_estimate.h"
#include "plan/tests.h"

namespace testloom {

struct ExplainRequest {
  int64_t plan_id = 0;
  std::string model_name;
  std::optional<std::string> hardware_type;
  std::optional<int64_t> batch_size;
  std::vector<std::pair<std::string, std::string>> axes;  // by name: the value as shown in a case
  std::optional<std::string> template_name;
};

// One stored template, and what became of it for the model on a hardware type.
struct TemplateVerdict {
  std::string hardware_type;  // asked about
  int64_t template_id = 0;
  std::string template_name;
  std::string model_family;
  std::string for_hardware;  // empty: any
  bool chosen = false;
  std::string why;
};

struct ExplainedTest {
  PlannedTest test;
  std::string priority_terms;  // "5, cpu +1, batch size 1 +1 = 7"
  TestEstimate estimate;
  std::vector<std::string> before;  // the cases that it comes after
};

struct Explanation {
  bool in_plan = false;  // the model
  std::string model_family, task, family_why;
  std::vector<TemplateVerdict> templates;
  std::vector<ExplainedTest> tests;  // of the cells asked about
  std::vector<std::string> missing;  // why other cells asked about have no test
};

Explanation explain(Connection& connection, const ExplainRequest& request);

}  // namespace testloom
