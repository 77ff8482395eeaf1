#include "engine/schedule.h"

#include <tuple>

#include "testloom/error.h"

namespace testloom {

bool Schedule::is_before(size_t a, size_t b) const {
  const auto key = [this](size_t test) {
    const ScheduledTest& it = tests_[test];
    return std::make_tuple(it.priority, -path_left_[test], it.model, test);
  };
  return key(a) < key(b);
}

Schedule::Schedule(std::vector<ScheduledTest> tests)
    : tests_(std::move(tests)),
      dependents_(tests_.size()),
      missing_(tests_.size()),
      dropped_(tests_.size(), false),
      path_left_(tests_.size(), 0) {
  for (size_t test = 0; test < tests_.size(); ++test) {
    missing_[test] = tests_[test].dependencies.size();
    for (const size_t dependency : tests_[test].dependencies) dependents_[dependency].push_back(test);
  }
  measure_paths();
  for (size_t test = 0; test < tests_.size(); ++test) {
    if (missing_[test] == 0) put(test);
  }
}

void Schedule::put(size_t test) {
  const size_t group = tests_[test].group;
  while (ready_.size() <= group) ready_.emplace_back(Before{this});
  ready_[group].insert(test);
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

std::optional<size_t> Schedule::peek(const std::vector<bool>& closed) const {
  std::optional<size_t> first;
  for (size_t group = 0; group < ready_.size(); ++group) {
    if (ready_[group].empty() || (group < closed.size() && closed[group])) continue;
    const size_t test = *ready_[group].begin();
    if (!first || is_before(test, *first)) first = test;
  }
  return first;
}

void Schedule::take(size_t test) {
  if (tests_[test].group < ready_.size()) ready_[tests_[test].group].erase(test);
}

std::optional<size_t> Schedule::next() {
  const std::optional<size_t> test = peek();
  if (test) take(*test);
  return test;
}

void Schedule::again(size_t test) { put(test); }

void Schedule::hold(size_t test) {
  ++missing_[test];
  take(test);
}

void Schedule::release(size_t test) {
  if (--missing_[test] == 0 && !dropped_[test]) put(test);
}

void Schedule::passed(size_t test) {
  for (const size_t dependent : dependents_[test]) release(dependent);
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
