// What plans predict: by configs, names and priors, within limits, and corrected by what ran.
#include <gtest/gtest.h>

#include <map>
#include <numeric>

#include "base/files.h"
#include "model/estimate/estimate_by_name.h"
#include "model/files/json_text.h"
#include "plan/estimates/observations.h"
#include "plan/estimates/test_estimate.h"
#include "plan/planner.h"
#include "plan/tests.h"
#include "support/store_fixture.h"

namespace testloom {
namespace {

using namespace std::string_literals;

constexpr const char* kSmall =
    R"({"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_embd": 64, "n_layer": 2, "n_head": 2})";
constexpr const char* kLarge =
    R"({"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_layer": 40})";
constexpr const char* kGenerates =
    "#% workload mode=\"generate\" seq_len=32 new_tokens=4\ndef test_it():\n    return ${batch_size}\n";

Workload generating(int64_t batch_size) {
  Workload work;
  work.model_family = "text_generation";
  work.mode = Mode::generate;
  work.seq_len = 32;
  work.new_tokens = 4;
  work.batch_size = batch_size;
  return work;
}

Estimate estimate_of_config(const char* config, const Workload& work) {
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

  // A run in which tests took so many bytes, or ran out at them.
  void ran(const std::string& run_id, int64_t plan_id,
           const std::vector<std::pair<PlannedTest, int64_t>>& tests, const std::string& outcome = "passed",
           double seconds = 0.5) {
    connection().query(
        "INSERT INTO runs VALUES (?, ?, '2026-01-01', NULL, 'local', NULL, NULL, '{\"torch\": \"2.5.1\"}')",
        {run_id, plan_id});
    for (const auto& [test, bytes] : tests) {
      connection().query(
          "INSERT INTO outcomes (run_id, test_id, \"case\", attempt, outcome, started_at, peak_memory_bytes, "
          "result) "
          "VALUES ($1, $2::UUID, $3, 1, $4, '2026-01-01', $5, json_object('latency_s', json_object('p50', "
          "$6::DOUBLE)))",
          {run_id, test.test_id, test.case_name, outcome, bytes, seconds});
    }
  }
};

int64_t bytes_of(const PlannedTest& test) {
  return static_cast<int64_t>(test.estimated_memory_gb * 1e9 + 0.5);
}

TEST_F(Estimates, AConfigAndTheTemplatesWorkloadSayWhatATestNeeds) {
  add("speed", "text_generation", {}, kGenerates);
  know("small", kSmall);
  const auto tests = tests_of(plan({"small"}, {"cpu", "cuda"}, {1, 16}).plan_id);
  ASSERT_EQ(tests.size(), 4u);
  for (const auto& [name, test] : tests) {
    Workload work = generating(test.batch_size);
    work.hardware_type = test.hardware_type;
    const Estimate wanted = estimate_of_config(kSmall, work);
    EXPECT_EQ(bytes_of(test), needed_bytes(wanted, work)) << name;
    EXPECT_EQ(test.estimate_origin, "config");
    EXPECT_NEAR(*test.estimated_host_memory_gb * 1e9, static_cast<double>(wanted.peak_process_bytes), 1)
        << name;
    EXPECT_DOUBLE_EQ(*test.estimated_time_s, wanted.seconds) << name;
    const TestEstimate explained = explained_of(test);
    const auto& terms = explained.prediction.raw.terms;
    const int64_t sum = std::accumulate(terms.begin(), terms.end(), int64_t{0},
                                        [](int64_t all, const MemoryTerm& term) { return all + term.bytes; });
    EXPECT_EQ(sum, test.hardware_type == "cpu" ? wanted.peak_forward_bytes : bytes_of(test)) << name;
    EXPECT_EQ(explained.prediction.memory_bytes, bytes_of(test)) << name;
  }
}

TEST_F(Estimates, WithoutAConfigTheNameAndThenTheFamilySays) {
  add("speed", "text_generation", {}, kGenerates);
  map("acme/llama-7b", "text_generation");
  map("acme/nothing", "text_generation");
  const auto tests = tests_of(plan({"acme/llama-7b", "acme/nothing"}, {"cpu"}, {4}).plan_id);
  const PlannedTest& named = tests.at("acme/llama-7b/cpu/speed[batch_size=4]");
  EXPECT_EQ(named.estimate_origin, "name");
  EXPECT_EQ(bytes_of(named), estimate_by_name("acme/llama-7b", generating(4)).peak_process_bytes);
  EXPECT_GT(bytes_of(named), 26'000'000'000);
  const PlannedTest& unnamed = tests.at("acme/nothing/cpu/speed[batch_size=4]");
  EXPECT_EQ(unnamed.estimate_origin, "prior");
  EXPECT_EQ(bytes_of(unnamed), 4'000'000'000);
  EXPECT_NE(explained_of(unnamed).prior_terms, "");
}

// Headers of weights count exactly where no formula does.
TEST_F(Estimates, TheWeightsSayTheSizeOfWhatIsNotKnownExactly) {
  add("speed", "text_generation", {}, kGenerates);
  NewModel odd{
      "odd",
      {},
      {},
      R"({"model_type": "new_kind_of_llm", "architectures": ["NewKindForCausalLM"], "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 128, "vocab_size": 500})",
      {}};
  odd.parameter_count = 3'000'000'000;
  NewModel bare{"bare-thing", {}, {}, {}, {}};
  bare.parameter_count = 2'000'000'000;
  for (const NewModel& model : {odd, bare}) {
    add_model(connection(), model, NewMapping{model.model_name, "text_generation", {}, {}}, notes);
    connection().query("UPDATE models SET parameter_count = ? WHERE model_name = ?",
                       {*model.parameter_count, model.model_name});
  }
  for (const auto& [name, test] : tests_of(plan({"odd", "bare-thing"}, {"cpu"}, {1}).plan_id)) {
    const Estimate raw = explained_of(test).prediction.raw;
    EXPECT_EQ(test.estimate_origin, "weights") << name;
    EXPECT_EQ(raw.parameters, name.starts_with("odd") ? 3'000'000'000 : 2'000'000'000) << name;
  }
}

TEST_F(Estimates, ParametersOfATemplateNamedLikeKeysOfAWorkloadCount) {
  add("speed", "text_generation", {},
      "#% param dtype: str = \"float32\" in [\"float32\", \"float16\"]\n#% param mode: str = \"fast\"\n"
      "def test_it():\n    return ${dtype}, ${mode}\n");
  know("large", kLarge);
  PlanSpec spec = spec_of_flags("flags", {"large"}, {"cpu"}, {1});
  spec.axes.push_back({"dtype", {Value("float32"), Value("float16")}, {}, {}});
  const auto tests = tests_of(plan(spec).plan_id);
  ASSERT_EQ(tests.size(), 2u);
  const Estimate half = explained_of(tests.begin()->second).prediction.raw;
  const Estimate whole = explained_of(tests.rbegin()->second).prediction.raw;
  EXPECT_EQ(2 * half.weight_bytes, whole.weight_bytes);
  EXPECT_LT(bytes_of(tests.begin()->second), bytes_of(tests.rbegin()->second));
}

TEST_F(Estimates, ModelsThatAreAlikeShareTheirCells) {
  add("speed", "text_generation", {}, kGenerates);
  for (const char* name : {"a", "b", "c"}) know(name, kSmall);
  know("d", kLarge);
  const PlanSummary summary = plan({"a", "b", "c", "d"}, {"cpu"}, {1, 4});
  EXPECT_EQ(summary.tests, 8);
  EXPECT_EQ(rows("SELECT count(*)::VARCHAR FROM plan_cells"), (std::vector<std::string>{"4"}));
  EXPECT_EQ(rows("SELECT model_name FROM plan_profiles ORDER BY 1"), (std::vector<std::string>{"a", "d"}));
}

// Of two models of one family, only the larger loses its tests, and those that need them.
TEST_F(Estimates, ALimitLeavesOutWhatIsTooLargeForOneModel) {
  add("speed", "text_generation", {}, kGenerates);
  add("after", "text_generation", {},
      "#% needs speed\n#% workload mode=\"forward\" seq_len=8\ndef test_it():\n    return ${batch_size}\n");
  know("small", kSmall);
  know("large", kLarge);
  PlanSpec spec = spec_of_flags("flags", {"small", "large"}, {"cpu"}, {1, 64});
  const auto all = tests_of(plan(spec).plan_id);
  ASSERT_EQ(all.size(), 8u);
  const double first = all.at("large/cpu/speed[batch_size=1]").estimated_memory_gb;
  const double second = all.at("large/cpu/speed[batch_size=64]").estimated_memory_gb;
  const double after = all.at("large/cpu/after[batch_size=64]").estimated_memory_gb;
  ASSERT_LT(std::max(first, all.at("small/cpu/speed[batch_size=64]").estimated_memory_gb), second);
  ASSERT_LT(after, second);
  spec.name = "limited";
  spec.memory_limits_gb["cpu"] = (std::max(first, after) + second) / 2;
  const PlanSummary summary = plan(spec);
  std::vector<std::string> lost;
  const auto left = tests_of(summary.plan_id);
  for (const auto& [name, test] : all) {
    if (!left.contains(name)) lost.push_back(name);
  }
  EXPECT_EQ(lost,
            (std::vector<std::string>{"large/cpu/after[batch_size=64]", "large/cpu/speed[batch_size=64]"}));
  ASSERT_EQ(summary.skipped.size(), 2u);
  for (const Skipped& skipped : summary.skipped) {
    EXPECT_EQ(skipped.example, "large");
    EXPECT_EQ(skipped.models, 1);
    EXPECT_NE(skipped.reason.find("more than the limit of"), std::string::npos) << skipped.reason;
  }
}

TEST_F(Estimates, AConfigThatCannotBeReadLeavesThePriorAndSaysWhy) {
  add("speed", "text_generation", {}, kGenerates);
  know("odd", R"({"model_type": "gpt2", "n_embd": -5})");
  const auto tests = tests_of(plan({"odd"}, {"cpu"}, {1}).plan_id);
  ASSERT_EQ(tests.size(), 1u);
  EXPECT_EQ(tests.begin()->second.estimate_origin, "prior");
  const Estimate raw = explained_of(tests.begin()->second).prediction.raw;
  EXPECT_NE(raw.why.find("hidden_size is -5"), std::string::npos) << raw.why;
}

// In a model's folder, though the store has no config.
TEST_F(Estimates, ConfigsOfFoldersAreLookedUp) {
  add("speed", "text_generation", {}, kGenerates);
  add_model(connection(), {"mine", folder.path().native(), {}, {}, {}},
            NewMapping{"mine", "text_generation", {}, {}}, notes);
  write_file(folder.path() / "config.json", kLarge, ErrorKind::spec);
  const auto tests = tests_of(plan({"mine"}, {"cpu"}, {1}).plan_id);
  EXPECT_EQ(bytes_of(tests.begin()->second), estimate_of_config(kLarge, generating(1)).peak_process_bytes);
  write_file(folder.path() / "config.json", kSmall, ErrorKind::spec);
  EXPECT_EQ(plan({"mine"}, {"cpu"}, {1}).diff.refreshed, 1);
}

TEST_F(Estimates, WhatRanIsTheEstimateOfItsTestAndCorrectsTheOthers) {
  add("speed", "text_generation", {}, kGenerates);
  know("small", kSmall);
  know("large", kLarge);
  const PlanSummary before = plan({"small", "large"}, {"cpu"}, {1, 4, 16});
  const auto raw = tests_of(before.plan_id);
  std::vector<std::pair<PlannedTest, int64_t>> measured;
  for (const char* name :
       {"small/cpu/speed[batch_size=1]", "small/cpu/speed[batch_size=4]", "large/cpu/speed[batch_size=1]"})
    measured.emplace_back(raw.at(name), bytes_of(raw.at(name)) + 300'000'000);
  ran("r1", before.plan_id, measured);
  const PlanSummary after = plan({"small", "large"}, {"cpu"}, {1, 4, 16});
  EXPECT_EQ(after.diff.changed, 0);
  EXPECT_EQ(after.diff.refreshed, 6);
  const auto tests = tests_of(after.plan_id);
  for (const auto& [test, bytes] : measured) {
    EXPECT_EQ(bytes_of(tests.at(test.case_name)), bytes) << test.case_name;
    EXPECT_EQ(tests.at(test.case_name).estimate_origin, "measured");
    EXPECT_DOUBLE_EQ(*tests.at(test.case_name).estimated_time_s, 0.5);
    EXPECT_EQ(tests.at(test.case_name).test_id, test.test_id);
  }
  for (const char* name : {"small/cpu/speed[batch_size=16]", "large/cpu/speed[batch_size=4]",
                           "large/cpu/speed[batch_size=16]"}) {
    const int64_t more = bytes_of(tests.at(name)) - bytes_of(raw.at(name));
    EXPECT_EQ(tests.at(name).estimate_origin, "config") << name;
    EXPECT_GT(more, 100'000'000) << name;
    EXPECT_LT(more, 600'000'000) << name;
    EXPECT_EQ(explained_of(tests.at(name)).prediction.correction.points, 3u) << name;
  }
  EXPECT_TRUE(plan({"small", "large"}, {"cpu"}, {1, 4, 16}).diff.same());
  const Calibrated found = calibrate(connection());
  const Correction& correction = found.calibration.memory.at({"cpu", "gpt2"});
  EXPECT_LT(correction.median_error_after, correction.median_error_before);
}

TEST_F(Estimates, WhatRanOutOfMemoryNeedsMoreThanThat) {
  add("speed", "text_generation", {}, kGenerates);
  know("small", kSmall);
  const PlanSummary before = plan({"small"}, {"cpu"}, {1, 4, 16});
  const auto raw = tests_of(before.plan_id);
  ran("r1", before.plan_id, {{raw.at("small/cpu/speed[batch_size=4]"), 9'000'000'000}}, "oom");
  const auto tests = tests_of(plan({"small"}, {"cpu"}, {1, 4, 16}).plan_id);
  EXPECT_LT(bytes_of(tests.at("small/cpu/speed[batch_size=1]")), 9'000'000'000);
  EXPECT_GE(bytes_of(tests.at("small/cpu/speed[batch_size=4]")), 9'000'000'000);
  EXPECT_GE(bytes_of(tests.at("small/cpu/speed[batch_size=16]")), 9'000'000'000);
}

// A model that only has a name is measured for itself, not for others whose names say the same.
TEST_F(Estimates, ANameAloneSharesNothingThatWasMeasured) {
  add("speed", "text_generation", {}, kGenerates);
  for (const char* name : {"x/llama-7b", "y/llama-7b", "nothing-said"}) map(name, "text_generation");
  const std::vector<std::string> models = {"x/llama-7b", "y/llama-7b", "nothing-said"};
  const PlanSummary before = plan(models, {"cpu"}, {1, 4});
  const auto raw = tests_of(before.plan_id);
  ran("r1", before.plan_id,
      {{raw.at("x/llama-7b/cpu/speed[batch_size=1]"), 40'000'000'000},
       {raw.at("nothing-said/cpu/speed[batch_size=1]"), 5'000'000'000}});
  const auto tests = tests_of(plan(models, {"cpu"}, {1, 4}).plan_id);
  EXPECT_EQ(tests.at("x/llama-7b/cpu/speed[batch_size=1]").estimate_origin, "measured");
  EXPECT_EQ(tests.at("y/llama-7b/cpu/speed[batch_size=1]").estimate_origin, "name");
  EXPECT_LT(bytes_of(tests.at("y/llama-7b/cpu/speed[batch_size=1]")), 40'000'000'000);
  EXPECT_GE(bytes_of(tests.at("x/llama-7b/cpu/speed[batch_size=4]")), 40'000'000'000);
  EXPECT_EQ(bytes_of(tests.at("nothing-said/cpu/speed[batch_size=1]")), 5'000'000'000);
  EXPECT_EQ(bytes_of(tests.at("nothing-said/cpu/speed[batch_size=4]")), 5'000'000'000);
}

// The best origin that will do is taken: where a config has no formula, the name or the weights.
TEST_F(Estimates, AConfigThatDoesNotDoLeavesItToNameAndWeights) {
  add("speed", "text_generation", {}, kGenerates);
  const auto model = [&](const std::string& name, const std::string& config, int64_t parameters) {
    add_model(connection(), {name, {}, {}, config, {}}, NewMapping{name, "text_generation", {}, {}}, notes);
    connection().query("UPDATE models SET parameter_count = nullif(?, 0) WHERE model_name = ?",
                       {parameters, name});
  };
  model("acme/llama-7b", R"({"model_type": "llama", "hidden_size": "big"})", 0);
  model("acme/llama-70b", R"({})", 0);
  model("custom", R"({"model_type": "my_own"})", 70'000'000'000);
  model("other", R"({"model_type": "llama"})", 70'000'000'000);
  const auto tests =
      tests_of(plan({"acme/llama-7b", "acme/llama-70b", "custom", "other"}, {"cpu"}, {1}).plan_id);
  for (const auto& [name, origin, gigabytes] :
       {std::tuple("acme/llama-7b", "name", 27), std::tuple("acme/llama-70b", "name", 280),
        std::tuple("custom", "weights", 280), std::tuple("other", "weights", 280)}) {
    const PlannedTest& test = tests.at(name + "/cpu/speed[batch_size=1]"s);
    EXPECT_EQ(test.estimate_origin, origin) << name;
    EXPECT_NEAR(test.estimated_memory_gb, gigabytes, 0.05 * gigabytes) << name;
  }
}

TEST_F(Estimates, ModelsOfOneSizeAndOtherFamiliesAreEstimatedApart) {
  for (const char* family : {"text_generation", "vision"}) {
    add("speed", family);
    map(family + "-thing"s, family);
    connection().query("UPDATE models SET parameter_count = 7000000000 WHERE model_name = ?",
                       {family + "-thing"s});
  }
  const auto together = tests_of(plan({"text_generation-thing", "vision-thing"}, {"cpu"}, {1}).plan_id);
  const auto alone = tests_of(plan(spec_of_flags("alone", {"vision-thing"}, {"cpu"}, {1})).plan_id);
  const std::string name = "vision-thing/cpu/speed[batch_size=1]";
  EXPECT_EQ(bytes_of(together.at(name)), bytes_of(alone.at(name)));
  EXPECT_NE(bytes_of(together.at(name)),
            bytes_of(together.at("text_generation-thing/cpu/speed[batch_size=1]")));
}

TEST_F(Estimates, WhatRanBeforeATemplateChangedDoesNotCount) {
  add("speed", "text_generation", {}, kGenerates);
  know("small", kSmall);
  const PlanSummary before = plan({"small"}, {"cpu"}, {1});
  ran("r1", before.plan_id, {{tests_of(before.plan_id).begin()->second, 9'000'000'000}});
  add("speed", "text_generation", {},
      "#% workload mode=\"generate\" seq_len=64\ndef test_it():\n    return ${batch_size}\n");
  EXPECT_EQ(tests_of(plan({"small"}, {"cpu"}, {1}).plan_id).begin()->second.estimate_origin, "config");
}

TEST_F(Estimates, APassOutweighsWhatRanOutBefore) {
  add("speed", "text_generation", {}, kGenerates);
  know("small", kSmall);
  const PlanSummary before = plan({"small"}, {"cpu"}, {1, 4});
  const auto raw = tests_of(before.plan_id);
  ran("r1", before.plan_id, {{raw.at("small/cpu/speed[batch_size=1]"), 9'000'000'000}}, "oom");
  ran("r2", before.plan_id, {{raw.at("small/cpu/speed[batch_size=4]"), 600'000'000}});
  connection().execute("UPDATE outcomes SET started_at = '2026-02-02' WHERE run_id = 'r2'");
  const auto tests = tests_of(plan({"small"}, {"cpu"}, {1, 4}).plan_id);
  EXPECT_LT(bytes_of(tests.at("small/cpu/speed[batch_size=1]")), 1'000'000'000);
  EXPECT_EQ(bytes_of(tests.at("small/cpu/speed[batch_size=4]")), 600'000'000);
  EXPECT_DOUBLE_EQ(*tests.at("small/cpu/speed[batch_size=4]").estimated_host_memory_gb, 0.6);
}

// The device's whole memory, where torch ran out on it; of the second card, by the plan's own name for it.
TEST_F(Estimates, ADeviceThatRanOutHadTooLittle) {
  add("speed", "text_generation", {}, kGenerates);
  know("small", kSmall);
  PlanSpec spec = spec_of_flags("flags", {"small"}, {"big.gpu"}, {1, 4});
  HardwareSection section;
  section.name = "big.gpu";
  section.device = "cuda:1";
  spec.hardware.push_back(section);
  const PlanSummary before = plan(spec);
  const auto raw = tests_of(before.plan_id);
  const PlannedTest& test = raw.at("small/big.gpu/speed[batch_size=4]");
  ran("r1", before.plan_id, {{test, 1'000'000'000}}, "oom");
  connection().execute(
      "UPDATE runs SET environment = '{\"torch\": \"2.5.1\", \"devices\": {\"cuda\": [{\"memory_bytes\": 5}, "
      "{\"memory_bytes\": 24000000000}]}}'");
  const auto tests = tests_of(plan(spec).plan_id);
  EXPECT_GE(bytes_of(tests.at(test.case_name)), 24'000'000'000);
  EXPECT_LT(bytes_of(tests.at("small/big.gpu/speed[batch_size=1]")), 24'000'000'000);
  EXPECT_GT(*tests.at(test.case_name).estimated_host_memory_gb, 1.0);
  connection().execute(
      "UPDATE outcomes SET error_type = 'MemoryError'; UPDATE outcomes SET started_at = '2026-03-03'");
  EXPECT_LT(bytes_of(tests_of(plan(spec).plan_id).at(test.case_name)), 24'000'000'000);
}

// Absurd figures are no measurements.
TEST_F(Estimates, FiguresThatNoMachineHasAreLeftOut) {
  add("speed", "text_generation", {}, kGenerates);
  know("small", kSmall);
  const PlanSummary before = plan({"small"}, {"cuda"}, {1});
  const PlannedTest test = tests_of(before.plan_id).begin()->second;
  ran("r1", before.plan_id, {{test, 3'000'000'000'000'000'000}});
  for (const char* result :
       {"{\"peak_device_memory_bytes\": 9223372036854775807, \"latency_s\": {\"p50\": \"Infinity\"}}",
        "{\"peak_device_memory_bytes\": -1, \"latency_s\": {\"p50\": 1e-320}}", "[]", "3",
        "{\"latency_s\": \"soon\", \"peak_device_memory_bytes\": {}}"}) {
    connection().query("UPDATE outcomes SET result = ?", {result});
    const Calibrated found = calibrate(connection());
    for (const auto& [key, cells] : found.cells) {
      for (const auto& [batch_size, cell] : cells)
        EXPECT_FALSE(cell.memory_bytes || cell.host_memory_bytes || cell.time_s) << result;
    }
    EXPECT_TRUE(found.calibration.memory.empty() && found.calibration.time.empty()) << result;
  }
}

// What a device's tensors took, with what is beside them.
TEST_F(Estimates, DevicesAreCorrectedByTheirOwnMemory) {
  add("speed", "text_generation", {}, kGenerates);
  know("large", kLarge);
  const PlanSummary before = plan({"large"}, {"cuda"}, {1, 4});
  const auto raw = tests_of(before.plan_id);
  const PlannedTest& test = raw.at("large/cuda/speed[batch_size=1]");
  ran("r1", before.plan_id, {{test, 3'000'000'000}});
  connection().execute("UPDATE outcomes SET result = '{\"peak_device_memory_bytes\": 7000000000}'");
  const auto tests = tests_of(plan({"large"}, {"cuda"}, {1, 4}).plan_id);
  const PlannedTest& measured = tests.at(test.case_name);
  EXPECT_EQ(measured.estimate_origin, "measured");
  EXPECT_GT(bytes_of(measured), 7'500'000'000);  // with the context
  EXPECT_LT(bytes_of(measured), 8'000'000'000);
  EXPECT_NEAR(*measured.estimated_host_memory_gb, 3.0, 1e-9);
  EXPECT_GE(bytes_of(tests.at("large/cuda/speed[batch_size=4]")), bytes_of(measured));
}

TEST_F(Estimates, TheTorchOfTheLatestRunCounts) {
  add("speed", "text_generation", {}, kGenerates);
  know("large", kLarge);
  PlanSpec spec = spec_of_flags("flags", {"large"}, {"cpu"}, {1});
  spec.torch = "1.13.0a0+git";
  Workload work = generating(1);
  work.torch = "1.13";
  EXPECT_EQ(bytes_of(tests_of(plan(spec).plan_id).begin()->second),
            estimate_of_config(kLarge, work).peak_process_bytes);
  ran("r1", 1, {});  // with torch 2.5.1
  work.torch = "2.5";
  EXPECT_EQ(bytes_of(tests_of(plan(spec).plan_id).begin()->second),
            estimate_of_config(kLarge, work).peak_process_bytes);
}

}  // namespace
}  // namespace testloom
