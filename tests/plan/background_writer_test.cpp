// That all is written in its order, and that a failure reaches the caller.
#include "plan/background_writer.h"

#include <filesystem>

#include "support/temporary_folder.h"

namespace testloom {
namespace {

namespace fs = std::filesystem;

TEST(BackgroundWriter, WritesMoreThanMayWait) {
  TemporaryFolder root;
  FileTree tree(root.path());
  BackgroundWriter writer(tree);
  for (int i = 0; i < 5000; ++i)
    writer.put(std::to_string(i / 1000), std::to_string(i), std::to_string(i) + std::string(3000, 'x'));
  EXPECT_EQ(writer.finish(), 5000);
  tree.finish();
  EXPECT_EQ(read_file(root.path() / "4" / "4321", 5000, ErrorKind::engine), "4321" + std::string(3000, 'x'));
}

TEST(BackgroundWriter, WhatGoesWrongReachesTheCaller) {
  TemporaryFolder root;
  fs::create_directories(root.path() / "a" / "b");
  FileTree tree(root.path());
  const auto put_without_end = [&] {
    BackgroundWriter writer(tree);
    for (;;) writer.put("a", "b", std::string(3000, 'x'));
  };
  EXPECT_THROW(put_without_end(), Error);
  BackgroundWriter writer(tree);
  writer.put("a", "b", "x");
  EXPECT_THROW(writer.finish(), Error);
}

TEST(BackgroundWriter, CanBeGivenUp) {
  TemporaryFolder root;
  {
    FileTree tree(root.path());
    BackgroundWriter writer(tree);
    for (int i = 0; i < 3000; ++i) writer.put("a", std::to_string(i), std::string(1000, 'x'));
  }
  EXPECT_FALSE(fs::exists(root.path() / "a"));
}

}  // namespace
}  // namespace testloom
