// What plans predict by configs, names, weights and priors, and limits by it.
#include "plan/estimates_fixture.h"

#include <numeric>

#include "base/files.h"
#include "model/estimate/estimate_by_name.h"

namespace testloom {
namespace {

using namespace std::string_literals;

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

}  // namespace
}  // namespace testloom
