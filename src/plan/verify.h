// Whether a store holds together: no constraint of the database does it, so everything that the tables say of
// each other is asked here. Nothing is written to the store; what is asked of tests goes over some models at
// a time, in the memory of a few million tests.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/database.h"

namespace testloom {

// One thing that is wrong, with how often it is.
struct Finding {
  std::string table;
  std::string what;
  int64_t count;
  std::string example;  // one of the rows, by its key
  std::string hint;
};

struct StoreCounts {
  int64_t plans, tests, templates, runs, outcomes;
};

// Everything that is wrong; empty for a store that is whole. Where tables or columns are missing, nothing
// else is looked at. REQUIRES: no transaction is open.
std::vector<Finding> verify_store(Connection& connection);

// How many rows there are. REQUIRES: the store has its tables.
StoreCounts count_store(Connection& connection);

}  // namespace testloom
