// Plans of models with configs of known sizes, and what is predicted for their tests.
#pragma once

#include <map>

#include "model/files/json_text.h"
#include "plan/estimates/test_estimate.h"
#include "plan/planner.h"
#include "plan/tests.h"
#include "support/store_fixture.h"

namespace testloom {

inline constexpr const char* kSmall =
    R"({"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_embd": 64, "n_layer": 2, "n_head": 2})";
inline constexpr const char* kLarge =
    R"({"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_layer": 40})";
inline constexpr const char* kGenerates =
    "#% workload mode=\"generate\" seq_len=32 new_tokens=4\ndef test_it():\n    return ${batch_size}\n";

inline Workload generating(int64_t batch_size) {
  Workload work;
  work.model_family = "text_generation";
  work.mode = Mode::generate;
  work.seq_len = 32;
  work.new_tokens = 4;
  work.batch_size = batch_size;
  return work;
}

inline Estimate estimate_of_config(const char* config, const Workload& work) {
  return estimate_memory(ModelConfig::read(parse_json_object(config, "a config"), "a config"), work);
}

class Estimates : public StoreFixture {
 protected:
  void know(const std::string& name, const char* config) {
    add_model(connection(), {name, {}, {}, config, {}}, {}, notes);
  }

  PlanSummary plan(PlanSpec spec) {
    return make_plan(*store, spec, notes, [](const PlanSummary&) { return true; });
  }
  PlanSummary plan(const std::vector<std::string>& models, const std::vector<std::string>& hardware,
                   const std::vector<int64_t>& batches) {
    return plan(spec_of_flags("flags", models, hardware, batches));
  }

  std::map<std::string, PlannedTest> tests_of(int64_t plan_id) {
    std::map<std::string, PlannedTest> tests;
    for_each_test(connection(), {plan_id, {}, {}, {}},
                  [&](const PlannedTest& test) { tests[test.case_name] = test; });
    return tests;
  }

  TestEstimate explained_of(const PlannedTest& test) {
    return explain_estimate(connection(), current_knowledge(connection(), test.plan_id), test);
  }
};

inline int64_t bytes_of(const PlannedTest& test) {
  return static_cast<int64_t>(test.estimated_memory_gb * 1e9 + 0.5);
}

}  // namespace testloom
