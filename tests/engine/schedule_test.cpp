// The order of tests: against a naive scheduler on random graphs, and what a test that does not pass takes
// along.
#include "engine/schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <tuple>

#include "testloom/error.h"

namespace testloom {
namespace {

std::vector<ScheduledTest> random_tests(std::mt19937& random, size_t count) {
  std::vector<ScheduledTest> tests(count);
  for (size_t i = 0; i < count; ++i) {
    tests[i].priority = static_cast<int64_t>(random() % 3);
    tests[i].model = static_cast<int64_t>(random() % 4);
    for (size_t j = 0; j < i; ++j) {
      if (random() % 6 == 0) tests[i].dependencies.push_back(j);
    }
  }
  return tests;
}

int64_t naive_path(const std::vector<ScheduledTest>& tests, size_t test) {
  int64_t longest = 0;
  for (size_t other = test + 1; other < tests.size(); ++other) {
    const auto& needs = tests[other].dependencies;
    if (std::find(needs.begin(), needs.end(), test) != needs.end())
      longest = std::max(longest, naive_path(tests, other));
  }
  return longest + 1;
}

TEST(Schedule, WhatIsHeldWaitsForItsDependenciesAndForBeingReleased) {
  Schedule schedule({{5, 0, {}, 0}, {5, 0, {0}, 0}, {5, 0, {}, 1}});
  for (const size_t test : {1, 2}) schedule.hold(test);
  EXPECT_EQ(schedule.next(), 0u);
  schedule.passed(0);
  EXPECT_FALSE(schedule.peek());
  schedule.release(1);
  EXPECT_EQ(schedule.next(), 1u);
  schedule.release(2);
  EXPECT_EQ(schedule.next(), 2u);
  schedule.again(2);
  EXPECT_EQ(schedule.next(), 2u);
}

TEST(Schedule, AgreesWithANaiveOneOnRandomGraphs) {
  std::mt19937 random(5);
  for (int round = 0; round < 200; ++round) {
    const std::vector<ScheduledTest> tests = random_tests(random, 1 + random() % 12);
    Schedule schedule(tests);
    std::set<size_t> done;
    std::vector<size_t> order;
    while (const auto next = schedule.next()) {
      std::vector<std::tuple<int64_t, int64_t, int64_t, size_t>> ready;
      for (size_t test = 0; test < tests.size(); ++test) {
        const auto& needs = tests[test].dependencies;
        const bool free =
            std::all_of(needs.begin(), needs.end(), [&](size_t need) { return done.contains(need); });
        if (free && !done.contains(test))
          ready.emplace_back(tests[test].priority, -naive_path(tests, test), tests[test].model, test);
      }
      ASSERT_FALSE(ready.empty());
      ASSERT_EQ(*next, std::get<3>(*std::min_element(ready.begin(), ready.end())));
      ASSERT_EQ(schedule.path_left(*next), naive_path(tests, *next));
      done.insert(*next);
      order.push_back(*next);
      schedule.passed(*next);
    }
    ASSERT_EQ(order.size(), tests.size());
  }
}

TEST(Schedule, DropsEverythingBehindATestThatDidNotPass) {
  Schedule schedule({{5, 0, {}}, {5, 0, {0}}, {5, 0, {1}}, {5, 1, {}}, {5, 1, {3, 1}}});
  EXPECT_EQ(schedule.next(), 0u);
  EXPECT_EQ(schedule.not_passed(0), (std::vector<size_t>{1, 2, 4}));
  EXPECT_EQ(schedule.next(), 3u);
  schedule.passed(3);
  EXPECT_EQ(schedule.next(), std::nullopt);
}

TEST(Schedule, RefusesACycle) { EXPECT_THROW(Schedule({{5, 0, {1}}, {5, 0, {0}}}), Error); }

TEST(Schedule, TakesAVeryLongChain) {
  std::vector<ScheduledTest> tests(300000);
  for (size_t i = 1; i < tests.size(); ++i) tests[i].dependencies = {i - 1};
  Schedule schedule(tests);
  EXPECT_EQ(schedule.path_left(0), 300000);
  EXPECT_EQ(schedule.next(), 0u);
  EXPECT_EQ(schedule.not_passed(0).size(), tests.size() - 1);
}

}  // namespace
}  // namespace testloom
