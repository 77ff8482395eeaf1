// What has to hold in a store, as statements that select the rows for which it does not.
#pragma once

#include <string>
#include <vector>

#include "plan/verify.h"

namespace testloom {

struct Check {
  std::string table;
  std::string what;
  std::string hint;
  std::string breaches;  // SELECT n, example: how many rows each, and the key of one
};

// What to do about a plan, and about what more than one plan rests on.
extern const char* const kPlanAnew;
extern const char* const kRestore;

// The checks of all tables but of the single tests. REQUIRES: the temporary table `verify_counts` (plan_id,
// cell, tests) sums up test_rows, and the store's tables are those of its schema.
std::vector<Check> store_checks(Connection& connection);

// Looks at the single tests, and adds to the findings. Makes temporary tables. REQUIRES: a transaction is
// open.
void verify_rows(Connection& connection, std::vector<Finding>& findings);

}  // namespace testloom
