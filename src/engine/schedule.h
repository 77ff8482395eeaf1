// In which order tests go, for every engine: of those whose dependencies have passed, by priority, then by
// the longest path of tests that wait behind it, then by model (so that a model's files are fetched once),
// then in the plan's order.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace testloom {

struct ScheduledTest {
  int64_t priority = 5;
  int64_t model = 0;                 // the same for tests of one model, ascending in the plan's order
  std::vector<size_t> dependencies;  // indexes into the list
  size_t group = 0;                  // of tests that wait for the same kind of place
};

class Schedule {
 public:
  Schedule(const Schedule&) = delete;
  Schedule& operator=(const Schedule&) = delete;
  // Throws an Error (engine) when the dependencies have a cycle.
  explicit Schedule(std::vector<ScheduledTest> tests);

  // The test to start next, which stays there until it is taken; none when all that are left wait for others
  // or nothing is left. Groups that are closed are passed over.
  std::optional<size_t> peek(const std::vector<bool>& closed = {}) const;
  void take(size_t test);
  // The same in one.
  std::optional<size_t> next();
  // Puts a test that was taken back to the front of its equals.
  void again(size_t test);
  // Keeps a test from being ready, and lets it go on.
  void hold(size_t test);
  void release(size_t test);
  size_t group_of(size_t test) const { return tests_[test].group; }
  // The tests that wait for this one.
  const std::vector<size_t>& dependents(size_t test) const { return dependents_[test]; }
  // Says that a test has passed: what waited for it alone becomes ready.
  void passed(size_t test);
  // Says that a test has not passed: returns every test that now can never run, nearest first.
  std::vector<size_t> not_passed(size_t test);
  // The longest path of tests from this one on, itself included.
  int64_t path_left(size_t test) const { return path_left_[test]; }

 private:
  bool is_before(size_t a, size_t b) const;
  void put(size_t test);
  void measure_paths();

  std::vector<ScheduledTest> tests_;
  std::vector<std::vector<size_t>> dependents_;
  std::vector<size_t> missing_;  // dependencies that have not passed yet
  std::vector<bool> dropped_;
  std::vector<int64_t> path_left_;
  struct Before {
    const Schedule* schedule;
    bool operator()(size_t a, size_t b) const { return schedule->is_before(a, b); }
  };
  std::vector<std::set<size_t, Before>> ready_;  // by group
};

}  // namespace testloom
