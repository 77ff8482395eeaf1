// Where control groups are looked for, what is written into their files and in which order, and which groups
// of earlier runs are ended. The kernel's part is a model of it (model_group_files.h); what the real one does
// with the same calls, tests/python/test_cli_run_groups.py shows.
#include "engine/local/control_group.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "model_group_files.h"
#include "support/temporary_folder.h"

namespace testloom {
namespace {

namespace fs = std::filesystem;

constexpr char kRun[] = "20260131-235959123-9f1c";
constexpr pid_t kProgram = 4'000'001, kGuard = 4'000'002, kShell = 4'000'003;  // above any real pid

std::vector<std::string> found_in(std::string_view groups, std::string_view mounts) {
  std::vector<std::string> found;
  for (const OwnGroup& each : own_groups_of(groups, mounts))
    found.push_back(fmt::format("{} {} in {}", each.version, each.folder.native(), each.mount.native()));
  return found;
}

using Texts = std::vector<std::string>;

TEST(OwnGroups, AreFoundByWhatIsMounted) {
  const std::string first =
      "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory\n";
  const std::string second = "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate\n";
  const std::string cpu = "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n";
  EXPECT_EQ(found_in("9:name=systemd:/\n4:memory:/a/b:c\n1:cpu:/\n0::/\n", cpu + first + second),
            (Texts{"1 /sys/fs/cgroup/memory/a/b:c in /sys/fs/cgroup/memory",
                   "2 /sys/fs/cgroup/unified in /sys/fs/cgroup/unified"}));
  EXPECT_EQ(found_in("0::/user.slice/x.scope\n", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"),
            (Texts{"2 /sys/fs/cgroup/user.slice/x.scope in /sys/fs/cgroup"}));
  // A container of version 1 has its own part of the hierarchy mounted.
  const std::string part = "9 8 0:32 /docker/f00 /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n";
  EXPECT_EQ(found_in("4:memory:/docker/f00\n", part),
            (Texts{"1 /sys/fs/cgroup/memory in /sys/fs/cgroup/memory"}));
  EXPECT_EQ(found_in("4:memory:/docker/f00/in\n", part),
            (Texts{"1 /sys/fs/cgroup/memory/in in /sys/fs/cgroup/memory"}));
  EXPECT_EQ(found_in("4:memory:/docker/f00d\n", part), Texts());
  EXPECT_EQ(found_in("4:cpu,memory:/x\n", "9 8 0:32 / /a\\040b rw - cgroup cgroup rw,memory,cpu\n"),
            (Texts{"1 /a b/x in /a b"}));
  EXPECT_EQ(found_in("0::/../other\n", second), Texts()) << "of another namespace";
  EXPECT_EQ(found_in("", first), Texts());
  EXPECT_EQ(found_in("4:memory:/a\n", ""), Texts());
  EXPECT_EQ(found_in("4:memory\n::\nx\n", "a b c\n- -\n"), Texts());
}

class Groups : public testing::Test {
 protected:
  GroupPlace place_of(int version, const ModelGroupFiles& files) const {
    return group_place({{version, top_, top_}}, {kProgram, kGuard}, files);
  }
  std::string read(const fs::path& file) const { return kernel_group_files().read(top_ / file); }
  // The first group of a test, as the folder's name.
  fs::path test_group() const { return top_ / (std::string("testloom-") + kRun) / "1"; }
  Texts groups_left() const {
    Texts names;
    for (const auto& entry : fs::directory_iterator(top_)) {
      if (entry.is_directory()) names.push_back(entry.path().filename());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  TemporaryFolder folder_;
  const fs::path top_ = folder_.path() / "top";
};

TEST_F(Groups, OfVersionTwoAreMadeBesideTheProgramsOwn) {
  ModelGroupFiles files(2, top_, {kProgram, kGuard});
  const GroupPlace place = place_of(2, files);
  ASSERT_EQ(place.version, 2) << place.why_not;
  {
    const auto groups = RunGroups::make(place, kRun, 1'000'000'000'000, files);
    ASSERT_TRUE(groups);
    const auto test = groups->take();
    ASSERT_TRUE(test);
    EXPECT_EQ(test->entry(), (test_group() / "cgroup.procs").native());
    EXPECT_EQ(files.in(top_), std::vector<pid_t>());
    EXPECT_EQ(files.in(top_ / (std::string("testloom-") + kRun + ".program")),
              (std::vector<pid_t>{kProgram, kGuard}));
  }
  const std::string run = std::string("testloom-") + kRun, program = run + ".program";
  EXPECT_EQ(files.writes, (Texts{
                              program + "/cgroup.procs 4000001",
                              program + "/cgroup.procs 4000002",
                              "cgroup.subtree_control +memory",
                              run + "/memory.max 1125000000000",
                              run + "/memory.swap.max 0",
                              run + "/cgroup.subtree_control +memory",
                              run + "/1/memory.max 1062500000000",
                              run + "/1/memory.swap.max 0",
                              run + "/1/memory.oom.group 1",
                              "cgroup.subtree_control -memory",
                              "cgroup.procs 4000001",
                              "cgroup.procs 4000002",
                          }));
  EXPECT_EQ(groups_left(), Texts());
  EXPECT_EQ(files.in(top_), (std::vector<pid_t>{kProgram, kGuard})) << "as before";
}

TEST_F(Groups, OfVersionTwoAreNotMadeWhereOthersWouldHaveToMove) {
  ModelGroupFiles files(2, top_, {kShell, kProgram, kGuard});
  EXPECT_EQ(shown(place_of(2, files)), fmt::format("none: other processes are in '{}' too", top_.native()));
  files.put(top_ / "cgroup.controllers", "cpu pids\n");
  EXPECT_EQ(shown(place_of(2, files)), fmt::format("none: memory is not counted in '{}'", top_.native()));
  fs::remove(top_ / "cgroup.subtree_control");
  files.put(top_ / "cgroup.controllers", "memory\n");
  EXPECT_EQ(shown(place_of(2, files)), fmt::format("none: '{}' cannot be written", top_.native()));
}

TEST_F(Groups, OfVersionTwoNeedNoMoveWhereGroupsCountMemoryAlready) {
  ModelGroupFiles files(2, top_, {});
  files.write(top_ / "cgroup.subtree_control", "+memory");
  files.writes.clear();
  {
    const auto groups = RunGroups::make(place_of(2, files), kRun, 0, files);
    ASSERT_TRUE(groups && groups->take());
  }
  const std::string run = std::string("testloom-") + kRun;
  EXPECT_EQ(files.writes, (Texts{run + "/cgroup.subtree_control +memory", run + "/1/memory.oom.group 1"}))
      << "no budget, no limits";
  EXPECT_EQ(groups_left(), Texts());
}

TEST_F(Groups, AreTakenBackWhereTheKernelRefusesSomething) {
  ModelGroupFiles files(2, top_, {kProgram, kGuard});
  GroupPlace place = place_of(2, files);
  files.enter(top_, kShell);  // came meanwhile
  EXPECT_FALSE(RunGroups::make(place, kRun, 1'000, files));
  EXPECT_EQ(groups_left(), Texts());
  EXPECT_EQ(files.in(top_), (std::vector<pid_t>{kShell, kProgram, kGuard}));
  place.is_enabled = true;
  EXPECT_FALSE(RunGroups::make(place, kRun, 1'000, files)) << "it was not";
  EXPECT_EQ(groups_left(), Texts());
  EXPECT_FALSE(RunGroups::make({}, kRun, 1'000, files));
}

TEST_F(Groups, OfVersionOneLimitMemoryWithSwap) {
  ModelGroupFiles files(1, top_, {kShell, kProgram});
  {
    const auto groups = RunGroups::make(place_of(1, files), kRun, 1'000'000'000, files);
    ASSERT_TRUE(groups && groups->take());
  }
  const std::string run = std::string("testloom-") + kRun;
  EXPECT_EQ(files.writes, (Texts{
                              run + "/memory.limit_in_bytes 1268435456",
                              run + "/memory.memsw.limit_in_bytes 1268435456",
                              run + "/1/memory.limit_in_bytes 1134217728",
                              run + "/1/memory.memsw.limit_in_bytes 1134217728",
                          }))
      << "at least 128 MiB and 256 MiB above";
  EXPECT_EQ(groups_left(), Texts());
}

struct VersionCase {
  int version;
  const char *hits, *hit, *kills, *kill;
  const char* stat;  // 300 bytes, pages of files apart

  std::string stat_of(int64_t bytes) const {
    return fmt::format("{} {}\n{} 0\n", names_of_version(version).anonymous, bytes,
                       names_of_version(version).shared);
  }
};

class EitherVersion : public Groups, public testing::WithParamInterface<VersionCase> {};

TEST_P(EitherVersion, TellsWhatAGroupHoldsAndWhyTheKernelEndedAProcessOfIt) {
  const VersionCase& as = GetParam();
  ModelGroupFiles files(as.version, top_, {kProgram});
  const auto groups = RunGroups::make(place_of(as.version, files), kRun, 1'000'000'000'000, files);
  ASSERT_TRUE(groups);
  auto test = groups->take();
  ASSERT_TRUE(test);
  const fs::path group = test_group(), run = group.parent_path();
  EXPECT_EQ(test->held_bytes(), 0) << "pages of files do not count";
  files.put(group / "memory.stat", as.stat);
  EXPECT_EQ(test->held_bytes(), 300);

  files.put(group / as.hits, as.hit);
  EXPECT_FALSE(test->kernel_end()) << "pages of files were dropped";
  files.put(group / as.kills, as.kill);
  ASSERT_TRUE(test->kernel_end());
  EXPECT_EQ(test->kernel_end()->budget_bytes, 1'000'000'000'000);
  EXPECT_EQ(test->kernel_end()->held_bytes, 1'062'500'000'000);

  test = nullptr;
  test = groups->take();
  EXPECT_NE(fs::path(test->entry()).parent_path(), group) << "its count stays, so it is not used again";
  const fs::path next = fs::path(test->entry()).parent_path();
  files.put(next / as.kills, as.kill);
  if (as.version == 2) files.put(next / as.kills, "max 0\noom_kill 1\n");
  EXPECT_EQ(test->kernel_end()->budget_bytes, 0) << "the machine has no more";
  files.put(run / as.hits, as.version == 1 ? "1124999999488\n" : as.hit);
  EXPECT_EQ(test->kernel_end()->budget_bytes, 1'000'000'000'000) << "all together";
  EXPECT_EQ(test->kernel_end()->held_bytes, 0);
}

TEST_P(EitherVersion, UsesAGroupAgainThatIsEmpty) {
  const VersionCase& as = GetParam();
  ModelGroupFiles files(as.version, top_, {kProgram});
  const auto groups = RunGroups::make(place_of(as.version, files), kRun, 0, files);
  ASSERT_TRUE(groups);
  const auto folder_of = [](const auto& test) { return fs::path(test->entry()).parent_path().filename(); };
  auto one = groups->take(), two = groups->take();
  EXPECT_EQ(folder_of(one), "1");
  EXPECT_EQ(folder_of(two), "2");
  files.put(test_group() / "memory.stat", as.stat);
  one = nullptr;
  one = groups->take();
  EXPECT_EQ(folder_of(one), "1");
  EXPECT_EQ(one->held_bytes(), 0) << "what was left there is not this test's";
  files.put(test_group() / "memory.stat", as.stat_of(40 << 20));
  EXPECT_EQ(one->held_bytes(), (40 << 20) - 300);
  one = nullptr;
  one = groups->take();
  EXPECT_EQ(folder_of(one), "3") << "much was left in it";
  EXPECT_FALSE(fs::exists(test_group()));
  fs::create_directory(test_group().parent_path() / "2" / "of the test's own");
  two = nullptr;
  two = groups->take();
  EXPECT_EQ(folder_of(two), "4");
}

TEST_P(EitherVersion, EndsWhatATestLeaves) {
  const VersionCase& as = GetParam();
  ModelGroupFiles files(as.version, top_, {kProgram});
  const auto groups = RunGroups::make(place_of(as.version, files), kRun, 0, files);
  ASSERT_TRUE(groups);
  auto test = groups->take();
  const pid_t left = ::fork();
  if (left == 0) {
    for (;;) ::pause();
  }
  files.enter(test_group(), left);
  test = nullptr;
  if (as.version == 2) {
    EXPECT_EQ(files.writes.back(), (test_group() / "cgroup.kill").lexically_relative(top_).native() + " 1");
    ::kill(left, SIGKILL);
    ::waitpid(left, nullptr, 0);
  } else {
    siginfo_t end{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(left), &end, WEXITED | WNOWAIT), 0);
    EXPECT_EQ(end.si_status, SIGKILL);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Versions, EitherVersion,
    testing::Values(VersionCase{1, "memory.max_usage_in_bytes", "1062499999744\n", "memory.oom_control",
                                "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n",
                                "cache 9999\nrss 1\nrss_huge 50\ntotal_cache 9999\ntotal_rss 100\n"
                                "total_rss_huge 50\ntotal_shmem 200\ntotal_mapped_file 9\n"},
                    VersionCase{2, "memory.events", "max 3\noom_kill 0\n", "memory.events",
                                "max 3\noom_kill 1\n",
                                "anon 100\nfile 9999\nkernel 7\nshmem 200\nanon_thp 50\nshmem_thp 9\n"}),
    [](const auto& each) { return fmt::format("{}", each.param.version); });

class LeftGroups : public Groups {
 protected:
  LeftGroups() : files_(1, top_, {}) {}
  fs::path left(const std::string& name) {
    const fs::path group = top_ / name;
    EXPECT_TRUE(files_.make(group) && files_.make(group / "1"));
    return group;
  }
  ModelGroupFiles files_;
};

TEST_F(LeftGroups, OfAKilledRunAreEndedAndRemoved) {
  const fs::path group = left("testloom-20260130-101112131-0a0b");
  const pid_t stray = ::fork();
  if (stray == 0) {
    for (;;) ::pause();
  }
  files_.enter(group / "1", stray);
  left("testloom-20260130-101112131-0a0b.program");
  remove_groups_of_killed_runs(top_, files_);
  EXPECT_EQ(groups_left(), Texts());
  EXPECT_NE(::kill(stray, 0), 0);
}

TEST_F(LeftGroups, OfARunThatGoesOnAreNotTouched) {
  const std::string name = "testloom-20260130-101112131-0a0b";
  const fs::path group = left(name);
  const FileDescriptor lock(::open(group.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ASSERT_EQ(::flock(lock.get(), LOCK_EX), 0);
  const pid_t test = ::fork();
  if (test == 0) {
    for (;;) ::pause();
  }
  files_.enter(group / "1", test);
  const auto groups = RunGroups::make(place_of(1, files_), kRun, 0, files_);
  ASSERT_TRUE(groups);
  EXPECT_EQ(groups_left(), (Texts{name, std::string("testloom-") + kRun}));
  EXPECT_EQ(::kill(test, 0), 0);
  remove_groups_of_killed_runs(top_, files_);
  EXPECT_EQ(groups_left().size(), 2u) << "nor is that of this process";
  ::kill(test, SIGKILL);
}

TEST_F(LeftGroups, OfOthersAreNotTouched) {
  const Texts names = {"nightly", "testloom-20260130-101112131-0a0b.scope",
                       "testloom-20260130-101112131-0a0g", "testloom-nightly",
                       "xtestloom-20260130-101112131-0a0b"};
  for (const std::string& name : names) left(name);
  remove_groups_of_killed_runs(top_, files_);
  EXPECT_EQ(groups_left(), names);
  EXPECT_FALSE(RunGroups::make(place_of(1, files_), "of another form", 0, files_));
}

}  // namespace
}  // namespace testloom
