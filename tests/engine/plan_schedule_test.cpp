// What has to be fetched first, as nodes of the schedule behind the tests.
#include "engine/plan_schedule.h"

#include <gtest/gtest.h>

namespace testloom {
namespace {

PlannedTest test_of(const std::string& model, const std::string& hardware_type, int64_t priority,
                    const std::string& id, std::vector<std::string> dependencies = {}) {
  PlannedTest test;
  test.model_name = model;
  test.hardware_type = hardware_type;
  test.priority = priority;
  test.test_id = id;
  test.dependencies = std::move(dependencies);
  return test;
}

const std::vector<PlannedTest> kTests = {test_of("a", "cpu", 6, "0"), test_of("a", "cpu", 4, "1", {"0"}),
                                         test_of("b", "cuda", 3, "2"), test_of("c", "cpu", 6, "3")};

TEST(PlanSchedule, TestsWaitForWhatIsFetchedForThem) {
  Schedule schedule = schedule_of(kTests, {{0, 1}, {2}});
  EXPECT_EQ(schedule.group_of(4), 2u);
  EXPECT_EQ(schedule.group_of(5), 2u);
  std::vector<size_t> order;
  while (const auto next = schedule.peek({false, false, true})) {
    schedule.take(*next);
    order.push_back(*next);
    schedule.passed(*next);
  }
  EXPECT_EQ(order, (std::vector<size_t>{3}));
  const std::vector<bool> only_fetches = {true, true, false};
  EXPECT_EQ(schedule.peek(only_fetches), 5u);  // its test has the first priority
  schedule.take(5);
  EXPECT_EQ(schedule.peek(only_fetches), 4u);
  schedule.passed(5);
  EXPECT_EQ(schedule.peek({false, false, true}), 2u);
  schedule.take(2);
  schedule.take(4);
  schedule.passed(4);
  EXPECT_EQ(schedule.next(), 0u);
  schedule.passed(0);
  EXPECT_EQ(schedule.next(), 1u);
  EXPECT_FALSE(schedule.peek());
}

TEST(PlanSchedule, WhatIsFetchedMakesNoTestGoEarlier) {
  Schedule plain = schedule_of(kTests), fetching = schedule_of(kTests, {{3}});
  fetching.take(4);
  fetching.passed(4);
  while (const auto next = plain.next()) {
    EXPECT_EQ(fetching.next(), next);
    EXPECT_EQ(fetching.path_left(*next), plain.path_left(*next));
    plain.passed(*next);
    fetching.passed(*next);
  }
  EXPECT_FALSE(fetching.peek());
}

}  // namespace
}  // namespace testloom
