// Adding, versioning, hiding and finding templates.
#include <algorithm>

#include "catalog/templates.h"

#include "support/store_fixture.h"

namespace testloom {
namespace {

using Templates = StoreFixture;

const std::string kOther = "def test_other():\n    pass\n";

TEST_F(Templates, ChangedContentIsTheNextVersionUnderTheSameId) {
  const int64_t id = add("latency", "vision");
  EXPECT_EQ(add("latency", "vision"), id);
  EXPECT_EQ(find_template(connection(), id)->version, 1);
  const AddedTemplate changed =
      add_template(connection(), {"latency", "vision", {}, kOther, "new", ""}, notes);
  EXPECT_EQ(changed.template_id, id);
  EXPECT_EQ(changed.version, 2);
  EXPECT_TRUE(changed.changed);
  EXPECT_EQ(rows("SELECT version::VARCHAR, content FROM template_versions ORDER BY version"),
            (std::vector<std::string>{"1|def test_it():\n    return ${batch_size}\n", "2|" + kOther}));
}

TEST_F(Templates, WhatATemplateDeclaresIsKept) {
  const std::string text =
      "#% workload mode=\"generate\" audio_seconds=2 new_tokens=16\n#% cores 2\n#% param dtype: str\n" +
      kOther;
  add_template(connection(), {"latency", "vision", {}, text, "", ""}, notes);
  EXPECT_EQ(rows("SELECT (declared->'workload')::VARCHAR, declared->>'cores' FROM template_versions"),
            std::vector<std::string>{R"({"mode":"generate","audio_seconds":2,"new_tokens":16}|2)"});
}

TEST_F(Templates, HardwareMakesAnotherVariant) {
  const int64_t any = add("latency", "vision");
  const int64_t cuda = add("latency", "vision", "cuda");
  EXPECT_NE(any, cuda);
  EXPECT_THROW(resolve_template(connection(), "latency"), Error);
  EXPECT_EQ(resolve_template(connection(), std::to_string(cuda)), cuda);
}

TEST_F(Templates, ABadTextIsNotStored) {
  EXPECT_THROW(add("bad", "vision", {}, "def test_it():\n    return ${modle_name}\n"), Error);
  EXPECT_TRUE(stored_templates(connection()).empty());
  EXPECT_TRUE(rows("SELECT content FROM template_versions").empty());
}

TEST_F(Templates, RemovingHidesAndAddingAgainGoesOn) {
  const int64_t id = add("latency", "vision");
  remove_template(connection(), id);
  EXPECT_TRUE(stored_templates(connection()).empty());
  EXPECT_THROW(remove_template(connection(), id), Error);
  EXPECT_EQ(add("latency", "vision", {}, kOther), id);
  EXPECT_EQ(find_template(connection(), id)->version, 2);
}

TEST_F(Templates, AllShippedOnesPassTheirCheck) {
  const std::vector<AddedTemplate> added = add_shipped_templates(connection());
  EXPECT_EQ(std::count_if(added.begin(), added.end(), [](const auto& one) { return !one.is_partial; }), 5);
  EXPECT_EQ(rows("SELECT template_name FROM templates WHERE NOT is_partial ORDER BY 1"),
            (std::vector<std::string>{"audio", "multimodal", "text_embedding", "text_generation", "vision"}));
}

TEST_F(Templates, ParityIsAddedWithWhatItIncludesAndLeavesWhatIsThere) {
  add("parity", "vision", {}, kOther);
  const std::vector<AddedTemplate> added = add_parity_templates(connection());
  EXPECT_EQ(std::count_if(added.begin(), added.end(), [](const auto& one) { return !one.is_partial; }), 9);
  EXPECT_EQ(
      rows("SELECT DISTINCT template_name, hardware_type FROM templates WHERE NOT is_partial ORDER BY 1"),
      (std::vector<std::string>{"parity|NULL", "reference|cpu"}));
  EXPECT_EQ(rows("SELECT content FROM templates WHERE template_name = 'parity' AND model_family = 'vision'"),
            std::vector<std::string>{kOther});
  EXPECT_TRUE(add_parity_templates(connection()).empty());
  const int64_t removed = resolve_template(connection(), "_outputs");
  remove_template(connection(), removed);
  EXPECT_EQ(add_parity_templates(connection()).size(), 1u) << "what was removed is back";
}

}  // namespace
}  // namespace testloom
