// Plans: which templates go with which cells, chains, priorities, estimates, ids and differences.
#include "plan/planner.h"

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/files.h"
#include "model/estimate/family_prior.h"
#include "plan/tests.h"
#include "support/store_fixture.h"

namespace testloom {
namespace {

using namespace std::string_literals;

class Plans : public StoreFixture {
 protected:
  PlanSummary plan(const std::vector<std::string>& models, const std::vector<std::string>& hardware,
                   const std::vector<int64_t>& batches, const std::string& name = "flags") {
    return make_plan(*store, spec_of_flags(name, models, hardware, batches), notes,
                     [](const PlanSummary&) { return true; });
  }

  std::vector<PlannedTest> tests_of(int64_t plan_id) {
    std::vector<PlannedTest> tests;
    for_each_test(connection(), {plan_id, {}, {}, {}},
                  [&](const PlannedTest& test) { tests.push_back(test); });
    return tests;
  }

  std::vector<std::string> cases(int64_t plan_id) {
    std::vector<std::string> names;
    for (const PlannedTest& test : tests_of(plan_id)) names.push_back(test.case_name);
    return names;
  }
};

TEST_F(Plans, TheMostSpecificVariantOfANameWinsAndNamesAddUp) {
  add("latency", "vision");
  const int64_t cuda = add("latency", "vision", "cuda");
  add("accuracy", "vision");
  map("net", "vision");
  const PlanSummary summary = plan({"net"}, {"cpu", "cuda"}, {1});
  EXPECT_EQ(cases(summary.plan_id),
            (std::vector<std::string>{"net/cpu/accuracy[batch_size=1]", "net/cuda/accuracy[batch_size=1]",
                                      "net/cpu/latency[batch_size=1]", "net/cuda/latency[batch_size=1]"}));
  for (const PlannedTest& test : tests_of(summary.plan_id)) {
    if (test.template_name != "latency") continue;
    EXPECT_EQ(test.template_id == cuda, test.hardware_type == "cuda");
  }
}

// Stored configs and folders go before names; the hub's cache says what those do not.
TEST_F(Plans, FamiliesComeFromFilesToo) {
  for (const char* family : {"vision", "audio", "diffusion", "text_generation"}) add("latency", family);
  const auto write = [&](const std::string& file, const std::string& text) {
    std::filesystem::create_directories((folder.path() / file).parent_path());
    write_file(folder.path() / file, text, ErrorKind::spec);
  };
  write("files/model_index.json", "{}");
  write("hub/models--acme--zzz/snapshots/abc/config.json", "{\"model_type\": \"whisper\"}");
  write("hub/models--acme--none/snapshots/abc/config.json", "{");
  write("hub/models--acme--said/snapshots/abc/config.json", "{\"model_type\": \"whisper\"}");
  write("hub/models--org--vit/snapshots/abc/config.json", "{\"model_type\": \"whisper\"}");
  const std::string vit = "{\"model_type\": \"vit\"}";
  add_model(connection(), {"by-config", {}, {}, vit, {}}, {}, notes);
  add_model(connection(), {"by-folder", (folder.path() / "files").native(), {}, vit, {}}, {}, notes);
  add_model(connection(), {"gpt2-by-name", "gpt2", {}, "{}", {}}, {}, notes);
  map("acme/said", "vision");
  ::setenv("HF_HUB_CACHE", (folder.path() / "hub").c_str(), 1);
  const PlanSummary summary =
      plan({"by-config", "by-folder", "gpt2-by-name", "acme/zzz", "acme/none", "acme/said", "org/vit"},
           {"cpu"}, {1});
  ::unsetenv("HF_HUB_CACHE");
  EXPECT_EQ(rows("SELECT model_name, model_family, task, family_origin FROM plan_models WHERE plan_id = " +
                 std::to_string(summary.plan_id) + " ORDER BY model"),
            (std::vector<std::string>{
                "by-config|vision|image-classification|config", "by-folder|diffusion|text-to-image|config",
                "gpt2-by-name|text_generation|text-generation|name",
                "acme/zzz|audio|automatic-speech-recognition|config", "acme/none|unknown||none",
                "acme/said|vision||mapping", "org/vit|vision|image-classification|name"}));
}

TEST_F(Plans, APinnedTemplateIsTheOnlyOneWhereItsHardwareFits) {
  add("latency", "vision");
  const int64_t pinned = add("special", "audio", "cuda");
  map("net", "vision", pinned);
  const PlanSummary summary = plan({"net"}, {"cpu", "cuda"}, {1, 2});
  EXPECT_EQ(cases(summary.plan_id),
            (std::vector<std::string>{"net/cuda/special[batch_size=1]", "net/cuda/special[batch_size=2]"}));
  ASSERT_EQ(summary.skipped.size(), 1u);
  EXPECT_EQ(summary.skipped[0].reason, "the template 2 that its mapping pins is for cuda alone");
  EXPECT_EQ(summary.skipped[0].cells, 2);
}

TEST_F(Plans, CellsWithoutATemplateAreCountedWithTheirReason) {
  add("latency", "vision", "cuda");
  map("net", "vision");
  const PlanSummary summary = plan({"net", "albert-einstein/x"}, {"cpu", "cuda"}, {1, 2, 4});
  EXPECT_EQ(summary.tests, 3);
  std::set<std::string> reasons;
  for (const Skipped& skip : summary.skipped) reasons.insert(skip.reason + " " + std::to_string(skip.cells));
  EXPECT_EQ(reasons, (std::set<std::string>{"no template for family vision on cpu 3",
                                            "the model's family is unknown 6"}));
  EXPECT_EQ(summary.unknown_models, (std::vector<std::string>{"albert-einstein/x"}));
}

TEST_F(Plans, TestsChainByAscendingBatchSize) {
  add("latency", "vision");
  map("net", "vision");
  const std::vector<PlannedTest> tests = tests_of(plan({"net"}, {"cpu"}, {16, 1, 4}).plan_id);
  ASSERT_EQ(tests.size(), 3u);
  EXPECT_TRUE(tests[0].dependencies.empty());
  EXPECT_EQ(tests[1].dependencies, std::vector<std::string>{tests[0].test_id});
  EXPECT_EQ(tests[2].dependencies, std::vector<std::string>{tests[1].test_id});
  EXPECT_EQ(tests[2].batch_size, 16);
}

TEST_F(Plans, PriorityAndEstimateFollowTheirRules) {
  add("latency", "multimodal");
  map("net", "multimodal");
  for (const PlannedTest& test :
       tests_of(plan({"net"}, {"cpu", "cuda", "rocm", "mps"}, {1, 4, 16, 1000}).plan_id)) {
    const int64_t hardware = test.hardware_type == "cpu" ? 1 : test.hardware_type == "mps" ? 0 : -1;
    const int64_t batch = test.batch_size <= 1 ? 1 : test.batch_size >= 16 ? -1 : 0;
    EXPECT_EQ(test.priority, std::clamp<int64_t>(5 + hardware + batch, 1, 10)) << test.case_name;
    EXPECT_DOUBLE_EQ(test.estimated_memory_gb, prior_memory_gb("multimodal", test.batch_size));
    EXPECT_EQ(test.estimate_origin, "prior");
  }
}

TEST_F(Plans, TheLargestBatchSizeOverflowsNothing) {
  add("latency", "multimodal");
  map("net", "multimodal");
  const PlanSummary summary = plan({"net"}, {"cpu"}, {INT64_MAX});
  EXPECT_EQ(summary.tests, 1);
}

TEST_F(Plans, IdsComeFromTheDefinitionAlone) {
  add("latency", "vision");
  add("accuracy", "vision");
  map("net", "vision");
  const auto ids = [&](int64_t plan_id) {
    std::vector<std::string> list;
    for (const PlannedTest& test : tests_of(plan_id)) list.push_back(test.template_name + " " + test.test_id);
    return list;
  };
  const auto first = ids(plan({"net"}, {"cpu"}, {1, 4}, "a").plan_id);
  add_model(connection(), {"net", "/some/folder", {}, {}}, {}, notes);
  EXPECT_EQ(ids(plan({"other", "net"}, {"cuda", "cpu"}, {4, 1}, "b").plan_id).size(), 8u);
  EXPECT_EQ(first[0].substr(9 + 14, 1), "8") << "a UUID of version 8: " << first[0];

  add("latency", "vision", {}, "def test_it():\n    return 'changed'\n");
  const auto edited = ids(plan({"net"}, {"cpu"}, {1, 4}, "a").plan_id);
  ASSERT_EQ(edited.size(), first.size());
  for (size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(edited[i] == first[i], first[i].starts_with("accuracy")) << first[i];
  }
}

TEST_F(Plans, TheSameStoreElsewhereGivesTheSameIds) {
  const auto ids_of_new_store = [this] {
    const TemporaryFolder elsewhere;
    const auto other = open_store(elsewhere.path() / "x.duckdb", OpenMode::create);
    add_shipped_templates(other->connection());
    const PlanSpec request = spec_of_flags("p", {"gpt2", "bert'\n\"${x}"}, {"cpu", "cuda"}, {1, 4});
    const PlanSummary summary = make_plan(*other, request, notes, [](const PlanSummary&) { return true; });
    std::vector<std::string> found;
    for_each_test(other->connection(), {summary.plan_id, {}, {}, {}},
                  [&](const PlannedTest& test) { found.push_back(test.test_id); });
    return found;
  };
  const auto ids = ids_of_new_store();
  EXPECT_EQ(ids, ids_of_new_store());
  EXPECT_EQ(std::set(ids.begin(), ids.end()).size(), ids.size());
}

TEST_F(Plans, DifferencesGoByCase) {
  add("latency", "vision");
  map("net", "vision");
  const PlanSummary first = plan({"net"}, {"cpu"}, {1, 4});
  EXPECT_FALSE(first.diff.previous_plan_id);
  const PlanSummary again = plan({"net"}, {"cpu"}, {4, 1});
  EXPECT_TRUE(again.diff.same());
  EXPECT_EQ(again.plan_id, first.plan_id) << "nothing changed: not stored twice";
  add("latency", "vision", {}, "def test_it():\n    return 'changed'\n");
  const PlanSummary edited = plan({"net"}, {"cpu"}, {1, 16});
  EXPECT_EQ(edited.diff.changed, 1);
  EXPECT_EQ(edited.diff.added, 1);
  EXPECT_EQ(edited.diff.removed, 1);
  EXPECT_EQ(latest_plan(connection()), edited.plan_id);
}

TEST_F(Plans, ARefusedPlanLeavesNothing) {
  add("latency", "vision");
  map("net", "vision");
  const PlanSummary summary = make_plan(*store, spec_of_flags("p", {"net"}, {"cpu"}, {1}), notes,
                                        [](const PlanSummary&) { return false; });
  EXPECT_EQ(summary.tests, 1);
  EXPECT_EQ(summary.plan_id, 0);
  for (const char* table :
       {"plans", "plan_models", "combos", "plan_cells", "test_rows", "needs", "plan_skips"}) {
    EXPECT_EQ(rows(std::string("SELECT count(*)::VARCHAR FROM ") + table), std::vector<std::string>{"0"})
        << table;
  }
}

TEST_F(Plans, AnOldPlanRendersAsPlanned) {
  add("latency", "vision");
  map("net", "vision");
  const PlanSummary summary = plan({"net"}, {"cpu"}, {3});
  add("latency", "vision", {}, "def test_it():\n    return 'changed'\n");
  const PlannedTest test = tests_of(summary.plan_id).front();
  TestRenderer renderer;
  renderer.load(connection(), test);
  EXPECT_EQ(renderer.render(test), "def test_it():\n    return 3\n");
  EXPECT_EQ(find_test(connection(), test.test_id.substr(0, 9), {}).case_name, test.case_name);
  EXPECT_THROW(find_test(connection(), "no/such[case]", {}), Error);
}

TEST_F(Plans, UncheckedTemplatesOfAnOldStoreAreSkippedWithTheirError) {
  const int64_t id = add("latency", "vision");
  connection().query("UPDATE template_versions SET content = 'x = ${nothing}' WHERE template_id = ?", {id});
  map("net", "vision");
  const PlanSummary summary = plan({"net"}, {"cpu"}, {1});
  EXPECT_EQ(summary.tests, 0);
  ASSERT_EQ(summary.skipped.size(), 1u);
  EXPECT_NE(summary.skipped[0].reason.find("does not pass its check"), std::string::npos)
      << summary.skipped[0].reason;
}

TEST_F(Plans, AnUncheckedTemplateIsCountedBesideOthersThatPass) {
  add("latency", "vision");
  const int64_t id = add("accuracy", "vision");
  connection().query("UPDATE template_versions SET content = 'x = ${nothing}' WHERE template_id = ?", {id});
  map("net", "vision");
  const PlanSummary summary = plan({"net"}, {"cpu", "cuda"}, {1, 2});
  EXPECT_EQ(summary.tests, 4);
  ASSERT_EQ(summary.skipped.size(), 1u);
  EXPECT_EQ(summary.skipped[0].cells, 4);
}

TEST_F(Plans, AModelThatLacksAKeyIsSkippedWithThatReason) {
  add("wide", "vision", {}, "def test_it():\n    return ${config.sizes.hidden} + ${model.weight}\n");
  for (const char* name : {"full", "no-size", "no-weight"}) map(name, "vision");
  add_model(connection(), {"full", {}, {}, R"({"sizes": {"hidden": 768}})", {{"weight", "2"}}}, {}, notes);
  add_model(connection(), {"no-size", {}, {}, R"({"sizes": {}})", {{"weight", "2"}}}, {}, notes);
  add_model(connection(), {"no-weight", {}, {}, R"({"sizes": {"hidden": 4}})", {}}, {}, notes);
  const PlanSummary summary = plan({"full", "no-size", "no-weight"}, {"cpu"}, {1, 2});
  EXPECT_EQ(summary.tests, 2);
  std::vector<std::string> reasons;
  for (const Skipped& skip : summary.skipped) reasons.push_back(skip.example + ": " + skip.reason);
  EXPECT_EQ(reasons, (std::vector<std::string>{"no-weight: it has no attribute 'weight'",
                                               "no-size: its config has no 'sizes.hidden'"}));
  TestRenderer renderer;
  const PlannedTest test = tests_of(summary.plan_id).front();
  renderer.load(connection(), test);
  EXPECT_EQ(renderer.render(test), "def test_it():\n    return 768 + 2\n");
}

TEST_F(Plans, AChangedAttributeChangesTheModelsTestsAlone) {
  add("wide", "vision", {}, "def test_it():\n    return ${model.weight}\n");
  for (const char* name : {"a", "b"}) {
    map(name, "vision");
    add_model(connection(), {name, {}, {}, {}, {{"weight", "1"}}}, {}, notes);
  }
  const auto first = tests_of(plan({"a", "b"}, {"cpu"}, {1}).plan_id);
  add_model(connection(), {"b", {}, {}, {}, {{"weight", "2"}}}, {}, notes);
  const PlanSummary again = plan({"a", "b"}, {"cpu"}, {1});
  EXPECT_EQ(again.diff.changed, 1);
  const auto second = tests_of(again.plan_id);
  EXPECT_EQ(first[0].test_id, second[0].test_id);
  EXPECT_NE(first[1].test_id, second[1].test_id);
}

TEST_F(Plans, AnIncludedTextOfTheStoreIsTheMostSpecificAndChangesTheTests) {
  const auto partial = [&](const char* content, std::optional<std::string> hardware = {}) {
    NewTemplate added{"_load", "vision", std::move(hardware), content, {}, ""};
    add_template(connection(), added, notes);
  };
  partial("kind = 'any'\n");
  partial("kind = 'cuda'\n", "cuda");
  add("latency", "vision", {}, "#% include _load\ndef test_it():\n    return kind\n");
  map("net", "vision");
  const auto rendered = [&](int64_t plan_id) {
    std::vector<std::string> texts;
    TestRenderer renderer;
    for (const PlannedTest& test : tests_of(plan_id)) {
      renderer.load(connection(), test);
      texts.push_back(test.hardware_type + ": " + std::string(renderer.render(test)).substr(0, 13));
    }
    std::sort(texts.begin(), texts.end());
    return texts;
  };
  const PlanSummary first = plan({"net"}, {"cpu", "cuda"}, {1});
  EXPECT_EQ(rendered(first.plan_id), (std::vector<std::string>{"cpu: kind = 'any'\n"s.substr(0, 18),
                                                               "cuda: kind = 'cuda'"s.substr(0, 19)}));
  EXPECT_EQ(plan({"net"}, {"cpu", "cuda"}, {1}).plan_id, first.plan_id);
  partial("kind = 'new'\n");
  const PlanSummary second = plan({"net"}, {"cpu", "cuda"}, {1});
  EXPECT_EQ(second.diff.changed, 1);
  EXPECT_EQ(rendered(second.plan_id).front(), "cpu: kind = 'new'\n"s.substr(0, 18));
  EXPECT_EQ(rendered(first.plan_id).front(), "cpu: kind = 'any'\n"s.substr(0, 18));
}

TEST_F(Plans, APartialMakesNoTestsAndAParameterWithoutValueIsAReason) {
  NewTemplate partial{"_base", "vision", {}, "x = 1\n", {}, ""};
  add_template(connection(), partial, notes);
  add("needy", "vision", {}, "#% param rows: int\ndef test_it():\n    return ${rows}\n");
  add("fine", "vision", {}, "#% param rows: int = 3\ndef test_it():\n    return ${rows}\n");
  map("net", "vision");
  const PlanSummary summary = plan({"net"}, {"cpu"}, {1});
  EXPECT_EQ(cases(summary.plan_id), (std::vector<std::string>{"net/cpu/fine[batch_size=1]"}));
  ASSERT_EQ(summary.skipped.size(), 1u);
  EXPECT_EQ(summary.skipped[0].reason, "the parameter 'rows' of the template 'needy' has no value");
}

// A log that a kill cut short would be taken in by half: see commit_as_checkpoint().
TEST_F(Plans, ArePutIntoTheFileWithoutALog) {
  add("latency", "vision");
  map("net", "vision");
  const std::filesystem::path log = store->path().native() + ".wal";
  EXPECT_TRUE(std::filesystem::exists(log));
  EXPECT_GT(plan({"net"}, {"cpu"}, {1, 4}).plan_id, 0);
  EXPECT_FALSE(std::filesystem::exists(log));
}

}  // namespace
}  // namespace testloom
