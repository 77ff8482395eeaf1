// What FileTree does to files that are there: which inodes stay, what a reader, a hard link or a mode keeps,
// and what a run that did not finish leaves to the next.
#include "base/file_tree.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <map>
#include <thread>

#include "support/temporary_folder.h"

namespace testloom {
namespace {

namespace fs = std::filesystem;

using Files = std::map<std::string, std::string>;  // by name

class Tree : public ::testing::Test {
 protected:
  fs::path path(const std::string& below) const { return folder.path() / below; }
  std::string text(const std::string& below) const {
    return read_file(path(below), 1 << 20, ErrorKind::engine);
  }
  void make(const std::string& below, const std::string& content) const {
    fs::create_directories(path(below).parent_path());
    std::ofstream(path(below)) << content;
  }
  struct stat status(const std::string& below) const {
    struct stat found {};
    EXPECT_EQ(::lstat(path(below).c_str(), &found), 0) << below;
    return found;
  }
  // Puts the files into "a"; returns how many were written.
  int put(const Files& files, const std::string& into = "a") const {
    FileTree tree(folder.path());
    tree.enter(into);
    int written = 0;
    for (const auto& [name, content] : files) written += tree.put(name, content) ? 1 : 0;
    tree.finish();
    return written;
  }
  // What stands in the root and in "a", the files with their texts.
  Files all() const {
    Files found;
    for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
      const std::string below = fs::relative(entry.path(), folder.path()).native();
      found[below] = entry.is_regular_file() ? text(below) : "";
    }
    return found;
  }
  TemporaryFolder folder;
};

TEST_F(Tree, ANewFolderHasNoPlaceBeforeItIsComplete) {
  {
    FileTree tree(folder.path());
    tree.enter("a");
    EXPECT_TRUE(tree.put("1", "one"));
    EXPECT_FALSE(fs::exists(path("a")));
    tree.enter("b");
    EXPECT_EQ(text("a/1"), "one");
    tree.put("2", "two");
    tree.enter(".");
    tree.put("list", "");
    tree.finish();
  }
  EXPECT_EQ(all(), (Files{{"a", ""}, {"a/1", "one"}, {"b", ""}, {"b/2", "two"}, {"list", ""}}));
}

TEST_F(Tree, WhatIsTheSameIsNotTouched) {
  put({{"1", "one"}, {"2", "two"}});
  const struct stat one = status("a/1");
  const struct stat folder_before = status("a");
  EXPECT_EQ(put({{"1", "one"}, {"2", "two"}}), 0);
  EXPECT_EQ(status("a/1").st_ino, one.st_ino);
  EXPECT_EQ(status("a/1").st_ctim.tv_nsec, one.st_ctim.tv_nsec);
  EXPECT_EQ(status("a").st_mtim.tv_nsec, folder_before.st_mtim.tv_nsec);
  EXPECT_EQ(put({{"1", "one"}, {"2", "TWO"}}), 1);
  EXPECT_EQ(status("a/1").st_ctim.tv_nsec, one.st_ctim.tv_nsec);
  EXPECT_EQ(text("a/2"), "TWO");
}

TEST_F(Tree, ChangedFilesOfAnyLengthGetTheirTexts) {
  Files before, after;
  for (int i = 0; i < 200; ++i) {
    before[std::to_string(i)] = std::string(static_cast<size_t>(i * 7919 % 20000), 'x');
    after[std::to_string(i)] = std::string(static_cast<size_t>(i * 104729 % 20000), 'y');
  }
  put(before);
  EXPECT_EQ(put(after), 200 - 1) << "the first has no bytes before and after";
  for (const auto& [name, content] : after) EXPECT_EQ(text("a/" + name), content);
  EXPECT_EQ(all().size(), 201u) << "and nothing else is left";
}

TEST_F(Tree, AReaderKeepsTheFileThatItOpened) {
  put({{"1", "one"}, {"2", "two"}, {"3", "three"}});
  const FileDescriptor reader(::open(path("a/1").c_str(), O_RDONLY));
  put({{"1", "ONE"}, {"2", "TWO"}, {"3", "THREE"}});
  char bytes[16] = {};
  EXPECT_EQ(::pread(reader.get(), bytes, sizeof bytes, 0), 3);
  EXPECT_STREQ(bytes, "one");
}

TEST_F(Tree, AReaderNeverSeesHalfOfAFileOrAnotherOne) {
  const auto text_of = [](int number, bool old) {
    return std::string(old ? 30000 : 29000, static_cast<char>((old ? 'A' : 'a') + number));
  };
  Files before, after;
  for (int i = 0; i < 26; ++i) {
    before[std::to_string(i)] = text_of(i, true);
    after[std::to_string(i)] = text_of(i, false);
  }
  put(before);
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0;
  std::thread reader([&] {
    for (int i = 0; !done; i = (i + 1) % 26) {
      const std::string seen = text("a/" + std::to_string(i));
      if (seen != text_of(i, true) && seen != text_of(i, false)) ++wrong;
    }
  });
  for (int round = 0; round < 30; ++round) {
    put(after);
    put(before);
  }
  done = true;
  reader.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(Tree, OtherNamesAndModesOfAFileStayWithIt) {
  put({{"1", "one"}, {"2", "two"}, {"3", "three"}});
  fs::create_hard_link(path("a/1"), path("kept"));
  fs::permissions(path("a/2"), fs::perms::owner_all);
  put({{"1", "ONE"}, {"2", "TWO"}, {"3", "THREE"}});
  EXPECT_EQ(text("kept"), "one");
  for (const char* file : {"a/1", "a/2", "a/3"}) EXPECT_EQ(status(file).st_mode & 0111, 0u) << file;
}

TEST_F(Tree, LinksAndFoldersInAFilesPlace) {
  make("outside", "mine");
  fs::create_directories(path("a/folder"));
  fs::create_symlink(path("outside"), path("a/link"));
  ASSERT_EQ(::mkfifo(path("a/pipe").c_str(), 0666), 0);
  put({{"link", "new"}, {"pipe", "new"}});
  EXPECT_EQ(text("outside"), "mine");
  EXPECT_TRUE(S_ISREG(status("a/link").st_mode) && S_ISREG(status("a/pipe").st_mode));
  EXPECT_THROW(put({{"folder", "new"}}), Error);
  EXPECT_TRUE(fs::is_directory(path("a/folder")));
}

TEST_F(Tree, ALinkOrAFileInAFoldersPlaceIsRefused) {
  fs::create_directory(path("outside"));
  fs::create_directory_symlink(path("outside"), path("a"));
  EXPECT_THROW(put({{"1", "one"}}), Error);
  EXPECT_TRUE(fs::is_empty(path("outside")));
  make("b", "a file");
  EXPECT_THROW(put({{"1", "one"}}, "b"), Error);
  EXPECT_EQ(text("b"), "a file");
  fs::create_directory_symlink(path("outside"), path(FileTree::kUnfinished));
  EXPECT_THROW(put({{"1", "one"}}, "c"), Error);
  EXPECT_TRUE(fs::is_empty(path("outside")));
}

TEST_F(Tree, WhatWasNotFinishedIsTakenOver) {
  put({{"1", "one"}, {"2", "two"}});
  for (const char* name : {"x", "y"}) {  // twice: the second must not forget what the first one wrote
    FileTree tree(folder.path());
    tree.enter("a");
    tree.put("1", name);
    tree.put(name, "new");
    tree.enter("b-" + std::string(name));
    tree.put("3", "three");
    tree.enter("c");
    tree.put("4", "never has its place");
  }
  make(std::string(FileTree::kUnfinished) + "/folder/5", "left by a kill");
  make(std::string(FileTree::kUnfinished) + "/file", "left by a kill");
  FileTree tree(folder.path());
  EXPECT_EQ(tree.left_behind(), (std::vector<std::string>{"a/1", "a/x", "b-x/3", "a/1", "a/y", "b-y/3"}));
  EXPECT_TRUE(tree.remove("a", "x"));
  EXPECT_TRUE(tree.remove("b-x", "3"));
  EXPECT_FALSE(tree.remove("b-x", "3"));
  EXPECT_FALSE(tree.remove("nowhere", "3"));
  tree.finish();
  EXPECT_EQ(
      all(),
      (Files{{"a", ""}, {"a/1", "y"}, {"a/2", "two"}, {"a/y", "new"}, {"b-y", ""}, {"b-y/3", "three"}}));
}

TEST_F(Tree, FoldersThatGoMeanwhileAreAnError) {
  make("a/1", "one");
  FileTree tree(folder.path());
  tree.enter("a");
  fs::remove_all(path("a"));
  EXPECT_THROW(tree.put("1", "ONE"), Error);
  tree.enter("b");
  tree.put("2", "two");
  fs::remove_all(folder.path());
  EXPECT_THROW(tree.enter("c"), Error);
}

TEST_F(Tree, WhatCannotBeWrittenLeavesTheOldFile) {
  put({{"1", "one"}});
  struct rlimit before {};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto old_handler = ::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit small { 1000, before.rlim_max };
  ::setrlimit(RLIMIT_FSIZE, &small);
  EXPECT_THROW(put({{"1", std::string(5000, 'x')}}), Error);
  EXPECT_THROW(put({{"2", std::string(5000, 'x')}}, "b"), Error);
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, old_handler);
  EXPECT_EQ(text("a/1"), "one");
  EXPECT_FALSE(fs::exists(path("b")));
  EXPECT_EQ(put({{"1", "new"}}), 1);
}

TEST_F(Tree, ASecondOneWaitsForTheFirst) {
  std::atomic<bool> second = false;
  std::thread other;
  {
    FileTree tree(folder.path());
    other = std::thread([&] {
      FileTree waits(folder.path());
      second = true;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_FALSE(second);
  }
  other.join();
  EXPECT_TRUE(second);
}

}  // namespace
}  // namespace testloom
