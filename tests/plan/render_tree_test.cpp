// The names of rendered files, and that only what changed is touched.
#include "plan/render_tree.h"

#include <filesystem>
#include <fstream>

#include "plan/file_names.h"
#include "plan/planner.h"
#include "support/store_fixture.h"

namespace testloom {
namespace {

namespace fs = std::filesystem;

TEST(FileNames, KeepToSafeCharactersAndLength) {
  EXPECT_EQ(file_name_of("org/model-1.0_x", 200), "org_model-1.0_x");
  EXPECT_EQ(file_name_of("", 200), "_");
  EXPECT_EQ(file_name_of("..", 200), "_..");
  EXPECT_EQ(file_name_of("-rf", 200), "_-rf");
  EXPECT_EQ(file_name_of("a\nb'c", 200), "a_b_c");
  EXPECT_EQ(file_name_of(std::string(500, 'x'), 200).size(), 200u);
  EXPECT_NE(file_name_of(std::string(500, 'x'), 200), file_name_of(std::string(501, 'x'), 200));
}

class Tree : public StoreFixture {
 protected:
  RenderedTree render(const std::vector<std::string>& models, const fs::path& out) {
    const PlanSummary summary = make_plan(*store, spec_of_flags("p", models, {"cpu"}, {1}), notes,
                                          [](const PlanSummary&) { return true; });
    return render_tree(connection(), {summary.plan_id, {}, {}, {}}, out);
  }
};

TEST_F(Tree, ModelsThatShareANameGetFoldersOfTheirOwn) {
  add("latency", "vision");
  for (const char* name : {"a/b", "a_b", "A_B", "a b"}) map(name, "vision");
  const fs::path out = folder.path() / "out";
  EXPECT_EQ(render({"a/b", "a_b", "A_B", "a b"}, out).written, 4);
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(out)) files += entry.path().extension() == ".py";
  EXPECT_EQ(files, 4);
  EXPECT_TRUE(fs::exists(out / "a_b" / "test_latency_cpu_b1.py"));
}

TEST_F(Tree, RenderingAgainTouchesOnlyWhatChanged) {
  add("latency", "vision");
  map("a", "vision");
  map("b", "vision");
  const fs::path out = folder.path() / "out";
  render({"a", "b"}, out);
  const auto before = fs::last_write_time(out / "a" / "test_latency_cpu_b1.py");
  std::ofstream(out / "b" / "test_latency_cpu_b1.py") << "spoilt";
  const RenderedTree again = render({"a", "b"}, out);
  EXPECT_EQ(again.written, 1);
  EXPECT_EQ(fs::last_write_time(out / "a" / "test_latency_cpu_b1.py"), before);
  EXPECT_EQ(render({"a"}, out).removed, 1);
  EXPECT_FALSE(fs::exists(out / "b"));
}

TEST_F(Tree, ForeignFoldersAreLeftAlone) {
  add("latency", "vision");
  map("a", "vision");
  const fs::path foreign = folder.path() / "foreign";
  fs::create_directory(foreign);
  std::ofstream(foreign / "notes.txt") << "mine";
  EXPECT_THROW(render({"a"}, foreign), Error);
  EXPECT_THROW(render({"a"}, fs::current_path()), Error);
  EXPECT_THROW(render({"a"}, "/"), Error);
  EXPECT_FALSE(fs::exists(foreign / "manifest.jsonl"));
}

}  // namespace
}  // namespace testloom
