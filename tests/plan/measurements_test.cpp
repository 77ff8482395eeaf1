// What tests that ran teach about predictions.
#include "plan/estimates/observations.h"
#include "plan/estimates_fixture.h"

namespace testloom {
namespace {

class Measurements : public Estimates {
 protected:
  // A run in which tests took so many bytes, or ran out at them.
  void ran(const std::string& run_id, int64_t plan_id,
           const std::vector<std::pair<PlannedTest, int64_t>>& tests, const std::string& outcome = "passed",
           double seconds = 0.5) {
    connection().query(
        "INSERT INTO runs VALUES (?, ?, '2026-01-01', NULL, 'local', NULL, NULL, '{\"torch\": \"2.5.1\"}', "
        "NULL, NULL)",
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

TEST_F(Measurements, WhatRanIsTheEstimateOfItsTestAndCorrectsTheOthers) {
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

TEST_F(Measurements, WhatRanOutOfMemoryNeedsMoreThanThat) {
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
TEST_F(Measurements, ANameAloneSharesNothingThatWasMeasured) {
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

TEST_F(Measurements, WhatRanBeforeATemplateChangedDoesNotCount) {
  add("speed", "text_generation", {}, kGenerates);
  know("small", kSmall);
  const PlanSummary before = plan({"small"}, {"cpu"}, {1});
  ran("r1", before.plan_id, {{tests_of(before.plan_id).begin()->second, 9'000'000'000}});
  add("speed", "text_generation", {},
      "#% workload mode=\"generate\" seq_len=64\ndef test_it():\n    return ${batch_size}\n");
  EXPECT_EQ(tests_of(plan({"small"}, {"cpu"}, {1}).plan_id).begin()->second.estimate_origin, "config");
}

TEST_F(Measurements, APassOutweighsWhatRanOutBefore) {
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
TEST_F(Measurements, ADeviceThatRanOutHadTooLittle) {
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
TEST_F(Measurements, FiguresThatNoMachineHasAreLeftOut) {
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
TEST_F(Measurements, DevicesAreCorrectedByTheirOwnMemory) {
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

TEST_F(Measurements, TheLibrariesOfTheLatestRunCount) {
  add("speed", "text_generation", {}, kGenerates);
  know("large", kLarge);
  PlanSpec spec = spec_of_flags("flags", {"large"}, {"cpu"}, {1});
  spec.libraries.torch = "1.13.0a0+git";
  Workload work = generating(1);
  work.torch = "1.13";
  EXPECT_EQ(bytes_of(tests_of(plan(spec).plan_id).begin()->second),
            estimate_of_config(kLarge, work).peak_process_bytes);
  ran("r1", 1, {});  // with torch 2.5.1
  work.torch = "2.5";
  EXPECT_EQ(bytes_of(tests_of(plan(spec).plan_id).begin()->second),
            estimate_of_config(kLarge, work).peak_process_bytes);
  connection().execute(
      "UPDATE runs SET environment = '{\"torch\": \"2.5.1\", \"transformers\": \"5.2.0.dev0\"}'");
  work.transformers = "5.2";
  EXPECT_EQ(bytes_of(tests_of(plan(spec).plan_id).begin()->second),
            estimate_of_config(kLarge, work).peak_process_bytes);
}

}  // namespace
}  // namespace testloom
