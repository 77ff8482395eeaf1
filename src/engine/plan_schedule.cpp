#include "engine/plan_schedule.h"

#include <algorithm>
#include <unordered_map>

namespace testloom {

Schedule schedule_of(const std::vector<PlannedTest>& tests,
                     const std::vector<std::vector<size_t>>& fetched_for) {
  std::unordered_map<std::string_view, size_t> index;
  for (size_t i = 0; i < tests.size(); ++i) index.emplace(tests[i].test_id, i);
  std::unordered_map<std::string_view, int64_t> models;
  std::unordered_map<std::string_view, size_t> groups;
  std::vector<ScheduledTest> scheduled;
  for (const PlannedTest& test : tests) {
    const int64_t model = models.emplace(test.model_name, static_cast<int64_t>(models.size())).first->second;
    ScheduledTest entry{test.priority, model, {}, 0};
    entry.group = groups.emplace(test.hardware_type, groups.size()).first->second;
    for (const std::string& dependency : test.dependencies) {
      const auto found = index.find(dependency);
      if (found != index.end()) entry.dependencies.push_back(found->second);
    }
    scheduled.push_back(std::move(entry));
  }
  // Each goes when the first of its tests would.
  for (const std::vector<size_t>& waiting : fetched_for) {
    ScheduledTest entry{INT64_MAX, INT64_MAX, {}, groups.size()};
    for (const size_t test : waiting) {
      entry.priority = std::min(entry.priority, scheduled[test].priority);
      entry.model = std::min(entry.model, scheduled[test].model);
      scheduled[test].dependencies.push_back(scheduled.size());
    }
    scheduled.push_back(std::move(entry));
  }
  return Schedule(std::move(scheduled));
}

std::vector<size_t> order_of(const std::vector<PlannedTest>& tests) {
  Schedule schedule = schedule_of(tests);
  std::vector<size_t> order;
  order.reserve(tests.size());
  while (const std::optional<size_t> next = schedule.next()) {
    order.push_back(*next);
    schedule.passed(*next);
  }
  return order;
}

}  // namespace testloom
