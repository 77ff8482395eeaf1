// Axes, zips, exclusions, inclusions, limits and needs: which tests a plan has, and why the others are not
// there.
#include <algorithm>
#include <fstream>
#include <set>

#include "plan/planner.h"
#include "plan/test_reader.h"
#include "support/store_fixture.h"

namespace testloom {
namespace {

constexpr const char* kPlain = "def test_it():\n    return ${batch_size}\n";
constexpr const char* kDtype =
    "#% param dtype: str = \"float32\"\ndef test_it():\n    return \"${dtype}\", ${batch_size}\n";

class Axes : public StoreFixture {
 protected:
  Axes() {
    map("net", "vision");
    spec = spec_of_flags("p", {"net"}, {"cpu"}, {1, 4});
  }

  static Axis axis(std::string name, std::vector<Value> values) {
    return {std::move(name), std::move(values), {}, {}};
  }

  PlanSummary plan() {
    return make_plan(*store, spec, notes, [](const PlanSummary&) { return true; });
  }
  std::vector<PlannedTest> tests() {
    std::vector<PlannedTest> all;
    for_each_test(connection(), {plan().plan_id, {}, {}, {}},
                  [&](const PlannedTest& test) { all.push_back(test); });
    return all;
  }
  // Cases without the model, with a mark for references.
  std::vector<std::string> cases() {
    std::vector<std::string> names;
    for (const PlannedTest& test : tests())
      names.push_back(test.case_name.substr(test.case_name.find('/') + 1) +
                      (test.is_reference ? " ref" : ""));
    return names;
  }
  // By case: what it comes after.
  std::map<std::string, std::set<std::string>> before() {
    const std::vector<PlannedTest> all = tests();
    std::map<std::string, std::string> names;
    for (const PlannedTest& test : all)
      names[test.test_id] = test.case_name.substr(test.case_name.find('/') + 1);
    std::map<std::string, std::set<std::string>> found;
    for (const PlannedTest& test : all) {
      for (const std::string& id : test.dependencies) found[names[test.test_id]].insert(names.at(id));
    }
    return found;
  }
  std::map<std::string, int64_t> skipped() {
    std::map<std::string, int64_t> reasons;
    for (const Skipped& skip : plan().skipped) reasons[skip.reason] += skip.cells;
    return reasons;
  }
  std::string refusal() {
    try {
      plan();
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  PlanSpec spec;
};

using Names = std::vector<std::string>;

TEST_F(Axes, ATemplateIsExpandedOnlyOverTheAxesItDeclares) {
  add("plain", "vision", {}, kPlain);
  add("typed", "vision", {}, kDtype);
  spec.axes = {axis("dtype", {"float32", "bf 16"})};
  EXPECT_EQ(cases(),
            (Names{"cpu/plain[batch_size=1]", "cpu/plain[batch_size=4]",
                   "cpu/typed[batch_size=1,dtype=float32]", "cpu/typed[batch_size=4,dtype=float32]",
                   "cpu/typed[batch_size=1,dtype=\"bf 16\"]", "cpu/typed[batch_size=4,dtype=\"bf 16\"]"}));
  EXPECT_EQ(before()["cpu/typed[batch_size=4,dtype=float32]"],
            std::set<std::string>{"cpu/typed[batch_size=1,dtype=float32]"});
  std::set<std::string> texts;
  TestRenderer renderer;
  for (const PlannedTest& test : tests()) {
    renderer.load(connection(), test);
    texts.insert(std::string(renderer.render(test)));
  }
  EXPECT_TRUE(
      texts.contains("#% param dtype: str = \"float32\"\ndef test_it():\n    return \"bf 16\", 4\n") ||
      texts.contains("def test_it():\n    return \"bf 16\", 4\n"));
  EXPECT_EQ(texts.size(), 6u);
}

TEST_F(Axes, ZippedAxesMoveTogether) {
  add("both", "vision", {}, "#% param a: int\n#% param b: int\ndef test_it():\n    return ${a}, ${b}\n");
  add("one", "vision", {}, "#% param b: int = 3\ndef test_it():\n    return ${b}\n");
  spec.batch_sizes = {1};
  spec.zips = {{axis("a", {1, 2, 3}), axis("b", {7, 8, 7})}};
  EXPECT_EQ(cases(), (Names{"cpu/both[batch_size=1,a=1,b=7]", "cpu/both[batch_size=1,a=2,b=8]",
                            "cpu/both[batch_size=1,a=3,b=7]", "cpu/one[batch_size=1,b=7]",
                            "cpu/one[batch_size=1,b=8]"}));
}

TEST_F(Axes, AnAxisThatNoTemplateDeclaresIsRefused) {
  add("typed", "vision", {}, kDtype);
  spec.axes = {axis("dtyp", {"float32"})};
  EXPECT_EQ(refusal(), "no chosen template declares the axis 'dtyp'\n  did you mean 'dtype'?");
  spec.axes = {axis("dtype", {4})};
  EXPECT_EQ(refusal(),
            "the axis 'dtype' has the value 4, but the template 'typed' declares it as text\n"
            "  give values of that type, or change the template's '#% param'");
  spec.axes = {};
  spec.templates = {{"type"}};
  EXPECT_EQ(refusal(), "there is no template 'type'\n  did you mean 'typed'?");
}

TEST_F(Axes, AValueThatIsNoChoiceIsSkipped) {
  add("typed", "vision", {},
      "#% param dtype: str = \"a\" in [\"a\", \"b\"]\ndef test_it():\n    return \"${dtype}\"\n");
  spec.axes = {axis("dtype", {"a", "c"})};
  EXPECT_EQ(cases().size(), 2u);
  EXPECT_EQ(skipped(), (std::map<std::string, int64_t>{{"the template 'typed' does not take dtype=c", 2}}));
}

TEST_F(Axes, ConditionsTakeCellsOutAndChainsCloseOverThem) {
  add("typed", "vision", {}, kDtype);
  map("other", "vision");
  spec.models.push_back({"other", {}, {}});
  spec.batch_sizes = {1, 4, 16};
  spec.axes = {axis("dtype", {"f", "b"})};
  spec.exclusions = {{"batch_size = 4 and dtype = 'b'", "slow", {}}};
  EXPECT_EQ(cases().size(), 10u);
  EXPECT_EQ(before()["cpu/typed[batch_size=16,dtype=b]"],
            std::set<std::string>{"cpu/typed[batch_size=1,dtype=b]"});
  EXPECT_EQ(skipped(), (std::map<std::string, int64_t>{{"slow", 2}}));
  spec.exclusions.push_back({"model_name = 'net' and batch_size = 1", "small", {}});
  EXPECT_EQ(cases().size(), 8u);
  EXPECT_EQ(skipped(), (std::map<std::string, int64_t>{{"slow", 2}, {"small", 2}}));
  EXPECT_EQ(rows("SELECT m.model_name || ' ' || count(*) FROM test_rows r JOIN plan_cells USING (plan_id, "
                 "cell) JOIN plan_models m USING (plan_id, "
                 "model) WHERE "
                 "plan_id = (SELECT max(plan_id) FROM plans) AND previous_combo IS NULL GROUP BY "
                 "m.model_name ORDER BY 1"),
            (Names{"net 2", "other 2"}));
}

TEST_F(Axes, InclusionsAddCellsOfOneModel) {
  add("plain", "vision", {}, kPlain);
  map("other", "vision");
  spec.inclusions = {{{{"model_name", "net"}, {"hardware_type", "cuda"}, {"batch_size", 256}}, {}, {}},
                     {{{"model_name", "net"}, {"batch_size", 64}}, {}, {}},
                     {{{"model_name", "other"}, {"batch_size", 4}}, {}, {}}};
  const std::vector<PlannedTest> all = tests();
  std::set<std::string> names;
  for (const PlannedTest& test : all) names.insert(test.case_name);
  EXPECT_EQ(names, (std::set<std::string>{"net/cpu/plain[batch_size=1]", "net/cpu/plain[batch_size=4]",
                                          "net/cpu/plain[batch_size=64]", "net/cuda/plain[batch_size=256]",
                                          "other/cpu/plain[batch_size=1]", "other/cpu/plain[batch_size=4]"}));
  EXPECT_EQ(all.size(), names.size());
  EXPECT_EQ(before()["cpu/plain[batch_size=64]"], std::set<std::string>{"cpu/plain[batch_size=4]"});
  for (const PlannedTest& test : all) EXPECT_GT(test.priority, 0) << test.case_name;
}

TEST_F(Axes, WhatIsIncludedIsNotCountedAsSkipped) {
  add("plain", "vision", {}, kPlain);
  map("other", "vision");
  spec.models.push_back({"other", {}, {}});
  spec.exclusions = {{"batch_size = 4", "no", {}}};
  EXPECT_EQ(skipped(), (std::map<std::string, int64_t>{{"no", 2}}));
  spec.inclusions = {{{{"model_name", "net"}, {"batch_size", 4}}, {}, {}}};
  EXPECT_EQ(skipped(), (std::map<std::string, int64_t>{{"no", 1}}));
  spec.inclusions.push_back({{{"model_name", "other"}, {"batch_size", 4}}, {}, {}});
  EXPECT_EQ(skipped(), (std::map<std::string, int64_t>{}));
}

TEST_F(Axes, IncludedCellsBringWhatTheyNeed) {
  add("plain", "vision", {}, kPlain);
  add("parity", "vision", {},
      "#% needs plain hardware_type=\"cpu\"\n#% needs plain\ndef test_it():\n    return ${batch_size}\n");
  map("other", "vision");
  spec.models.push_back({"other", {}, {}});
  spec.batch_sizes = {1};
  spec.inclusions = {
      {{{"model_name", "net"}, {"hardware_type", "cuda"}, {"batch_size", 8}, {"template_name", "parity"}},
       {},
       {}}};
  std::set<std::string> names;
  std::map<std::string, std::string> cases_of;
  const std::vector<PlannedTest> all = tests();
  for (const PlannedTest& test : all) {
    cases_of[test.test_id] = test.case_name;
    names.insert(test.case_name + (test.is_reference ? " ref" : ""));
  }
  EXPECT_EQ(names,
            (std::set<std::string>{"net/cpu/parity[batch_size=1]", "net/cpu/plain[batch_size=1]",
                                   "net/cpu/plain[batch_size=8] ref", "net/cuda/parity[batch_size=8]",
                                   "net/cuda/plain[batch_size=8] ref", "other/cpu/parity[batch_size=1]",
                                   "other/cpu/plain[batch_size=1]"}));
  for (const PlannedTest& test : all) {
    if (test.case_name != "net/cuda/parity[batch_size=8]") continue;
    std::set<std::string> needed;
    for (const std::string& id : test.dependencies) needed.insert(cases_of.at(id));
    EXPECT_EQ(needed, (std::set<std::string>{"net/cpu/plain[batch_size=8]", "net/cuda/plain[batch_size=8]"}));
  }
  spec.sample = Sample{false, 5, 1};  // a sample that has the cell keeps what it needs
  std::set<std::string> ids;
  for (const PlannedTest& test : tests()) ids.insert(test.test_id);
  for (const PlannedTest& test : tests()) {
    for (const std::string& id : test.dependencies) EXPECT_TRUE(ids.contains(id)) << test.case_name;
  }
  spec.sample = {};
  spec.exclusions = {{"template_name = 'plain' and batch_size = 8", "no", {}}};
  spec.inclusions.push_back(
      {{{"model_name", "net"}, {"batch_size", 8}, {"template_name", "parity"}}, {}, {}});
  spec.batch_sizes = {1, 8};
  EXPECT_EQ(skipped(), (std::map<std::string, int64_t>{
                           {"it needs cpu/plain[batch_size=8], which is skipped: no", 3}, {"no", 2}}));
}

TEST_F(Axes, MemoryLimitsSkipWithTheFigure) {
  add("plain", "vision", {}, kPlain);
  spec.batch_sizes = {4, 400};
  spec.memory_limits_gb = {{"cpu", 80}};
  EXPECT_EQ(cases(), Names{"cpu/plain[batch_size=4]"});
  EXPECT_EQ(skipped(),
            (std::map<std::string, int64_t>{{"predicted 200.0 GB, more than the limit of 80 GB on cpu", 1}}));
}

TEST_F(Axes, TooManyTestsAreRefusedWithWhatDrivesThem) {
  add("typed", "vision", {}, kDtype);
  spec.axes = {axis("dtype", {"a", "b", "c"})};
  spec.max_tests = 5;
  EXPECT_EQ(refusal(),
            "the plan would have 6 tests, more than max_tests = 5\n  the largest axis is "
            "'dtype' with 3 "
            "values; leave some out, name fewer models, or raise max_tests in [plan.limits]");
}

TEST_F(Axes, ANeededTestComesFirst) {
  add("smoke", "vision", {}, kPlain);
  add("typed", "vision", {}, std::string("#% needs smoke\n") + kDtype);
  spec.axes = {axis("dtype", {"f", "b"})};
  const auto found = before();
  EXPECT_EQ(found.at("cpu/typed[batch_size=1,dtype=b]"), std::set<std::string>{"cpu/smoke[batch_size=1]"});
  EXPECT_EQ(found.at("cpu/typed[batch_size=4,dtype=b]"),
            (std::set<std::string>{"cpu/smoke[batch_size=4]", "cpu/typed[batch_size=1,dtype=b]"}));
  EXPECT_EQ(cases().size(), 6u);
  // The view says the same.
  EXPECT_EQ(rows("SELECT len(dependencies)::VARCHAR FROM tests WHERE plan_id = (SELECT max(plan_id) FROM "
                 "plans) ORDER BY "
                 "model, template_name, combo"),
            (Names{"0", "1", "1", "2", "1", "2"}));
}

TEST_F(Axes, ANeededCellOutsideIsAReference) {
  add("typed", "vision", {},
      std::string("#% needs typed hardware_type=\"cpu\" dtype=\"float64\"\n") + kDtype);
  spec.hardware_types = {"cuda"};
  spec.batch_sizes = {1};
  EXPECT_EQ(cases(), (Names{"cuda/typed[batch_size=1]", "cpu/typed[batch_size=1,dtype=float64] ref"}));
  EXPECT_EQ(before()["cuda/typed[batch_size=1]"],
            std::set<std::string>{"cpu/typed[batch_size=1,dtype=float64]"});
  spec.templates = {{"typed"}};
  add("smoke", "vision", {}, kPlain);
  add("typed", "vision", {}, std::string("#% needs smoke\n") + kDtype);
  EXPECT_EQ(cases(), (Names{"cuda/smoke[batch_size=1] ref", "cuda/typed[batch_size=1]"}));
}

TEST_F(Axes, WhatNeedsASkippedTestIsSkipped) {
  add("smoke", "vision", {}, kPlain);
  add("typed", "vision", {}, std::string("#% needs smoke\n") + kDtype);
  spec.exclusions = {{"template_name = 'smoke' and batch_size = 1", "no smoke", {}}};
  EXPECT_EQ(skipped(),
            (std::map<std::string, int64_t>{
                {"no smoke", 1}, {"it needs cpu/smoke[batch_size=1], which is skipped: no smoke", 1}}));
  add("typed", "vision", {}, std::string("#% needs nothing\n") + kDtype);
  spec.exclusions = {};
  EXPECT_EQ(skipped(), (std::map<std::string, int64_t>{
                           {"it needs 'nothing', which no template is for family vision on cpu", 2}}));
}

TEST_F(Axes, NeedsOfPinnedModelsAreTheirOwn) {
  const std::string content = std::string("#% needs self hardware_type=\"cuda\"\n") + kPlain;
  const int64_t any = add("self", "vision", {}, content);
  add("self", "vision", "cuda", kPlain);
  map("pinned", "vision", any);
  spec.models.push_back({"pinned", {}, {}});
  spec.batch_sizes = {1};
  std::map<std::string, std::string> ids;
  const std::vector<PlannedTest> all = tests();
  for (const PlannedTest& test : all) ids[test.test_id] = test.case_name;
  for (const PlannedTest& test : all) {
    for (const std::string& id : test.dependencies) EXPECT_TRUE(ids.contains(id)) << test.case_name;
    EXPECT_EQ(test.dependencies.size(), test.hardware_type == "cpu" ? 1u : 0u) << test.case_name;
  }
  EXPECT_EQ(all.size(), 4u);
  EXPECT_EQ(rows("SELECT sum(len(dependencies))::VARCHAR FROM tests WHERE plan_id = 1"), Names{"2"});
}

TEST_F(Axes, AReferenceIsNoMatterOfLimits) {
  add("typed", "vision", {}, std::string("#% needs typed hardware_type=\"cpu\" batch_size=1000\n") + kDtype);
  spec.hardware_types = {"cuda"};
  spec.memory_limits_gb = {{"cpu", 1}};
  const auto found = before();
  EXPECT_EQ(found.at("cuda/typed[batch_size=1]"), std::set<std::string>{"cpu/typed[batch_size=1000]"});
}

TEST_F(Axes, CirclesAreRefusedWithTheWay) {
  add("a", "vision", {}, std::string("#% needs b\n") + kPlain);
  add("b", "vision", {}, std::string("#% needs a\n") + kPlain);
  spec.batch_sizes = {1};
  EXPECT_EQ(
      refusal(),
      "tests of family vision need each other in a circle: cpu/a[batch_size=1] -> cpu/b[batch_size=1] -> "
      "cpu/a[batch_size=1]\n  take one '#% needs' of these templates out");
  // Also around by the chain of batch sizes.
  add("a", "vision", {}, std::string("#% needs b batch_size=4\n") + kPlain);
  add("b", "vision", {}, std::string("#% needs a batch_size=4\n") + kPlain);
  spec.batch_sizes = {1, 4};
  EXPECT_NE(refusal().find("need each other in a circle"), std::string::npos);
}

TEST_F(Axes, PlanningTheSameAgainIsToldWithoutExpanding) {
  add("typed", "vision", {}, kDtype);
  spec.axes = {axis("dtype", {"f", "b"})};
  const PlanSummary first = plan();
  const PlanSummary again = plan();
  EXPECT_EQ(again.plan_id, first.plan_id);
  EXPECT_TRUE(again.diff.same());
  EXPECT_EQ(again.tests, first.tests);
  spec.axes = {axis("dtype", {"f", "c"})};
  const PlanSummary other = plan();
  EXPECT_EQ(other.diff.added, 2);
  EXPECT_EQ(other.diff.removed, 2);
}

TEST_F(Axes, ASampleCoversEveryPairThatTheWholePlanHas) {
  add("smoke", "vision", {}, kPlain);
  add("typed", "vision", {}, std::string("#% needs smoke\n") + kDtype);
  for (int i = 0; i < 6; ++i) {
    map("net" + std::to_string(i), "vision");
    spec.models.push_back({"net" + std::to_string(i), {}, {}});
  }
  spec.hardware_types = {"cpu", "cuda", "rocm"};
  spec.batch_sizes = {1, 2, 4, 8};
  spec.axes = {axis("dtype", {"f", "b", "h"})};
  spec.exclusions = {{"hardware_type = 'rocm' and dtype = 'h'", "no", {}}};
  const auto pairs = [&](const std::vector<PlannedTest>& all, bool with_references) {
    std::set<std::string> found;
    for (const PlannedTest& test : all) {
      if (test.is_reference && !with_references) continue;
      std::vector<std::string> values = {"m:" + test.model_name, "t:" + test.template_name,
                                         "h:" + test.hardware_type, "b:" + std::to_string(test.batch_size)};
      values.push_back("d:" + (test.axes.empty() ? "" : std::get<std::string>(test.axes[0].second.data)));
      for (size_t a = 0; a < values.size(); ++a) {
        for (size_t b = a + 1; b < values.size(); ++b) found.insert(values[a] + " " + values[b]);
      }
    }
    return found;
  };
  const std::vector<PlannedTest> whole = tests();
  spec.sample = Sample{true, std::nullopt, 1};
  const std::vector<PlannedTest> sampled = tests();
  EXPECT_EQ(pairs(sampled, false), pairs(whole, false));
  const auto regular = [](const std::vector<PlannedTest>& all) {
    return std::count_if(all.begin(), all.end(), [](const PlannedTest& test) { return !test.is_reference; });
  };
  EXPECT_LE(regular(sampled), 60);
  EXPECT_GE(regular(whole), 300);
  std::set<std::string> ids;
  for (const PlannedTest& test : sampled) ids.insert(test.test_id);
  for (const PlannedTest& test : sampled) {
    for (const std::string& id : test.dependencies) EXPECT_TRUE(ids.contains(id)) << test.case_name;
  }
  spec.sample = Sample{false, 20, 1};
  EXPECT_EQ(regular(tests()), 20);
  EXPECT_EQ(plan().sampled_from, regular(whole));
}

TEST_F(Axes, ListsOfModelsTellFamilyAndAttributes) {
  add("plain", "vision", {}, kPlain);
  add("owned", "vision", {}, "def test_it():\n    return \"${model.owner}\"\n");
  std::ofstream(folder.path() / "models.csv")
      << "name,model_family,owner,size\nx/one,vision,ann,7\nx/two,vision,bob,9\n";
  spec = spec_of_flags("p", {}, {"cpu"}, {1});
  spec.models.push_back({"", folder.path() / "models.csv", {}});
  EXPECT_EQ(cases().size(), 4u);
  EXPECT_EQ(rows("SELECT DISTINCT family_origin FROM plan_models"), Names{"list"});
  spec.exclusions = {{"model.size > 8", "large", {}}};
  EXPECT_EQ(cases().size(), 2u);
  EXPECT_EQ(skipped(), (std::map<std::string, int64_t>{{"large", 2}}));
}

TEST_F(Axes, ListsThatCannotBeUsedAreRefused) {
  add("plain", "vision", {}, kPlain);
  const auto refused = [&](const std::string& text) {
    std::ofstream(folder.path() / "models.csv") << text;
    spec = spec_of_flags("p", {}, {"cpu"}, {1});
    spec.models.push_back({"", folder.path() / "models.csv", {}});
    const std::string message = refusal();
    return message.substr(message.find("models.csv'") + 12);
  };
  EXPECT_EQ(refused("model,x\na,b\n"), "has no column 'name'\n  its columns are model, x");
  EXPECT_EQ(refused("name,x\na,b\n,c\na,d\n"),
            "has 2 rows that cannot be used\n  row 2 has no name; row 3 names 'a' again");
}

TEST_F(Axes, WhatNeedsATestThatItsModelDoesNotHaveIsSkipped) {
  add("smoke", "vision", {}, kPlain);
  add("typed", "vision", {}, std::string("#% needs smoke\n") + kDtype);
  add("more", "vision", {}, std::string("#% needs typed\n") + kPlain);
  std::ofstream(folder.path() / "models.csv") << "name,model_family,size\nx/one,vision,7\nx/two,vision,9\n";
  spec = spec_of_flags("p", {}, {"cpu"}, {1});
  spec.models.push_back({"", folder.path() / "models.csv", {}});
  spec.exclusions = {{"template_name = 'smoke' and model.size > 8", "large", {}}};
  EXPECT_EQ(cases().size(), 3u);
  EXPECT_EQ(skipped(), (std::map<std::string, int64_t>{
                           {"large", 1},
                           {"it needs cpu/smoke[batch_size=1], which its model does not have", 1},
                           {"it needs cpu/typed[batch_size=1], which its model does not have", 1}}));
  // Also where the model lacks a key that the needed template cannot do without.
  add("smoke", "vision", {}, "def test_it():\n    return \"${model.owner}\"\n");
  std::ofstream(folder.path() / "owned.csv") << "name,model_family,owner\nx/three,vision,ann\n";
  spec.models.push_back({"", folder.path() / "owned.csv", {}});
  spec.exclusions = {};
  EXPECT_EQ(cases().size(), 3u);
  EXPECT_EQ(skipped()["it needs cpu/smoke[batch_size=1], which its model does not have"], 2);
}

TEST_F(Axes, APinAddsNoSecondEdgeBetweenTheSameTests) {
  map("pinned", "vision",
      add("typed", "vision", {}, std::string("#% needs typed hardware_type=\"cpu\" dtype=\"f\"\n") + kDtype));
  spec.models.push_back({"pinned", {}, {}});
  spec.hardware_types = {"cuda"};
  spec.batch_sizes = {1};
  for (const PlannedTest& test : tests()) EXPECT_EQ(test.dependencies.size(), test.is_reference ? 0u : 1u);
}

}  // namespace
}  // namespace testloom
