// What a run was asked to do, written down and read again; and parts of a plan.
#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "engine/run_work.h"
#include "testloom/error.h"

namespace testloom {
namespace {

TEST(Shard, IsAPartOfSoMany) {
  for (const auto& [text, part, of] :
       {std::tuple("1/1", 1, 1), {"2/8", 2, 8}, {"8/8", 8, 8}, {"1/1000000", 1, 1000000}}) {
    const Shard shard = shard_of(text);
    EXPECT_EQ(std::tuple(shard.part, shard.of), std::tuple(part, of)) << text;
  }
}

TEST(Shard, OfAnyOtherFormIsRefused) {
  for (const char* text : {"", "/", "1", "1/", "/2", "0/2", "3/2", "-1/2", "1/-2", "1/0", "1/2/3", " 1/2",
                           "1/2 ", "a/b", "1.0/2", "1/99999999999999999999"}) {
    try {
      shard_of(text);
      ADD_FAILURE() << "taken: " << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage);
    }
  }
}

TEST(Selection, IsReadAsItWasWritten) {
  Selection selection;
  selection.hardware_types = {"cpu", "a \"b\""};
  selection.where = "model_name = 'é\n\"'";
  selection.only_changed = selection.only_failed = selection.without_dependencies = true;
  selection.shard = Shard{3, 7};
  selection.repeat = 5;
  selection.find_max_batch = true;
  const Selection read = selection_of_json(selection_json(selection));
  EXPECT_EQ(read.hardware_types, selection.hardware_types);
  EXPECT_EQ(read.where, selection.where);
  EXPECT_TRUE(read.only_changed && read.only_failed && read.without_dependencies);
  ASSERT_TRUE(read.shard.has_value());
  EXPECT_EQ(std::tuple(read.shard->part, read.shard->of), std::tuple(3, 7));
  EXPECT_EQ(read.repeat, 5);
  EXPECT_TRUE(read.find_max_batch);
}

TEST(Selection, OfARunThatSaysNothingIsEverything) {
  const Selection read = selection_of_json("{}");
  EXPECT_TRUE(read.hardware_types.empty() && read.where.empty() && !read.shard);
  EXPECT_FALSE(read.only_changed || read.only_failed || read.without_dependencies);
  EXPECT_EQ(read.repeat, 1);
}

}  // namespace
}  // namespace testloom
