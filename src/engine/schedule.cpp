#include "engine/schedule.h"

#include <tuple>

#include "testloom/error.h"

namespace testloom {

bool Schedule::Later::operator()(size_t a, size_t b) const {
  const auto key = [this](size_t test) {
    const ScheduledTest& it = schedule->tests_[test];
    return std::make_tuple(it.priority, -schedule->path_left_[test], it.model, test);
  };
  return key(a) > key(b);
}

Schedule::Schedule(std::vector<ScheduledTest> tests)
    : tests_(std::move(tests)),
      dependents_(tests_.size()),
      missing_(tests_.size()),
      dropped_(tests_.size(), false),
      path_left_(tests_.size(), 0),
      ready_(Later{this}) {
  for (size_t test = 0; test < tests_.size(); ++test) {
    missing_[test] = tests_[test].dependencies.size();
    for (const size_t dependency : tests_[test].dependencies) dependents_[dependency].push_back(test);
  }
  measure_paths();
  for (size_t test = 0; test < tests_.size(); ++test) {
    if (missing_[test] == 0) ready_.push(test);
  }
}

// Takes the tests off from the ends of the graph, so that each is measured once all behind it are.
void Schedule::measure_paths() {
  std::vector<size_t> waiting(tests_.size());
  std::vector<size_t> ends;
  for (size_t test = 0; test < tests_.size(); ++test) {
    waiting[test] = dependents_[test].size();
    if (waiting[test] == 0) ends.push_back(test);
  }
  size_t measured = 0;
  while (!ends.empty()) {
    const size_t test = ends.back();
    ends.pop_back();
    ++measured;
    path_left_[test] += 1;
    for (const size_t dependency : tests_[test].dependencies) {
      path_left_[dependency] = std::max(path_left_[dependency], path_left_[test]);
      if (--waiting[dependency] == 0) ends.push_back(dependency);
    }
  }
  if (measured != tests_.size()) {
    throw Error(ErrorKind::engine, "the tests' dependencies form a cycle", "make the plan anew");
  }
}

std::optional<size_t> Schedule::next() {
  if (ready_.empty()) return std::nullopt;
  const size_t test = ready_.top();
  ready_.pop();
  return test;
}

void Schedule::passed(size_t test) {
  for (const size_t dependent : dependents_[test]) {
    if (--missing_[dependent] == 0 && !dropped_[dependent]) ready_.push(dependent);
  }
}

std::vector<size_t> Schedule::not_passed(size_t test) {
  std::vector<size_t> lost;
  std::vector<size_t> reached = {test};
  for (size_t at = 0; at < reached.size(); ++at) {
    for (const size_t dependent : dependents_[reached[at]]) {
      if (dropped_[dependent]) continue;
      dropped_[dependent] = true;
      reached.push_back(dependent);
      lost.push_back(dependent);
    }
  }
  return lost;
}

}  // namespace testloom
