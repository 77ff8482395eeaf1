// The control groups of a run: one for all its tests, and below it one for each test that runs. The kernel
// counts their memory, ends what takes it faster than it is looked at, and knows what belongs to a test
// whatever that did to its processes.
//
//   the group that testloom is in ── testloom-RUN_ID ── 1, 2, …
//
// A run holds a flock on the folder of its group, which goes with its process: what is not locked is of a run
// that was killed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "engine/local/control_group_place.h"

namespace testloom {

class RunGroups;

// That the kernel ended a process of a test for want of memory.
struct KernelEnd {
  int64_t budget_bytes =
      0;  // that was gone over; 0: none was, the machine or what testloom runs in has no more
  int64_t held_bytes = 0;  // that the test held, if not more
};

// The group of one test; ends what is in it, and gives it back, when it goes.
class TestGroup {
 public:
  // `held_before` is what the group holds already.
  TestGroup(RunGroups& groups, std::filesystem::path folder, int64_t held_before);
  ~TestGroup();
  TestGroup(const TestGroup&) = delete;
  TestGroup& operator=(const TestGroup&) = delete;

  // A process that writes "0" into this file is in the group, and so is what it starts.
  std::string entry() const { return (folder_ / "cgroup.procs").native(); }
  // Memory of the test that cannot be dropped: anonymous, and shared with or without a file in memory. Pages
  // of a parent that a forked process has not written to are not among it.
  int64_t held_bytes() const;
  std::optional<KernelEnd> kernel_end() const;

 private:
  friend class RunGroups;
  RunGroups& groups_;
  std::filesystem::path folder_;
  int64_t held_before_;
};

class RunGroups {
 public:
  // Ends and removes what runs that were killed left in the place, and makes the group of this one. Nothing
  // where that cannot be done. `budget_bytes` is what all tests together may take, which is seen to
  // elsewhere: limits are a little above it; 0: there are none.
  static std::unique_ptr<RunGroups> make(const GroupPlace& place, const std::string& run_id,
                                         int64_t budget_bytes,
                                         const GroupFiles& files = kernel_group_files());
  // REQUIRES: no TestGroup is left.
  ~RunGroups();
  RunGroups(const RunGroups&) = delete;
  RunGroups& operator=(const RunGroups&) = delete;

  // A group for one test; nothing where none can be made.
  std::unique_ptr<TestGroup> take();

 private:
  friend class TestGroup;
  RunGroups(const GroupPlace& place, const GroupFiles& files, int64_t budget_bytes);
  bool make_groups(const std::string& run_id);
  bool let_count_memory();
  bool move_program(const std::string& run_id);
  void move_program_back();
  bool set_up(const std::filesystem::path& group, int64_t limit) const;
  void give_back(const TestGroup& group);
  bool was_full(const std::filesystem::path& group, int64_t limit) const;
  int64_t held_in(const std::filesystem::path& group) const;
  void remove_left();
  int64_t number_in(const std::filesystem::path& file, std::string_view key) const;

  const GroupPlace place_;
  const GroupFiles& files_;
  const GroupNames& names_;
  const int64_t budget_bytes_;
  int64_t run_limit_ = 0, test_limit_ = 0;
  std::filesystem::path run_;      // empty: not made
  std::filesystem::path program_;  // where this program had to move to; empty: nowhere
  FileDescriptor run_lock_, program_lock_;
  struct Free {
    std::filesystem::path folder;
    int64_t held_bytes;
  };
  std::vector<Free> free_;
  std::vector<std::filesystem::path> left_;  // that are to be removed, when what is in them has ended
  int made_ = 0;
};

// Ends and removes groups that runs left which were killed.
void remove_groups_of_killed_runs(const std::filesystem::path& place, const GroupFiles& files);

}  // namespace testloom
