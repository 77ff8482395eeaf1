// How two plans differ, by case.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "store/database.h"

namespace testloom {

struct PlanDiff {
  std::optional<int64_t> previous_plan_id;
  int64_t added = 0;
  int64_t removed = 0;
  int64_t changed = 0;    // the same case with another definition
  int64_t refreshed = 0;  // the same definition, elsewhere, or with another priority or estimate
  bool same() const { return previous_plan_id && added + removed + changed + refreshed == 0; }
};

// What `plan_id` has against `previous`. Models that have the same tests in both are told by a hash of them;
// only the tests of the others are compared one by one.
PlanDiff compare_plans(Connection& connection, int64_t plan_id, int64_t previous);

// Each case that differs, by how ("added", "changed", "refreshed", "removed") and name.
void for_each_difference(Connection& connection, int64_t plan_id, int64_t previous,
                         const std::function<void(std::string_view case_name, std::string_view how)>& use);

}  // namespace testloom
