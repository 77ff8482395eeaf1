// The runs that a store keeps, found by what people call them, and those that are kept under a name to
// compare others with.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/database.h"

namespace testloom {

struct StoredRun {
  std::string run_id;
  int64_t plan_id = 0;
  std::string plan_name;                // empty where the plan is gone
  std::string started_at;               // UTC, as 2026-01-31T23:59:59Z
  std::optional<std::string> ended_at;  // none: it has not ended, or was killed
  std::string engine, python, host;     // empty where it is not known
  std::string environment;              // JSON; empty where it is not known
};

// The run with this id, or with the only id that begins so; `latest`, `previous` (the one that started before
// the latest), or the run of a baseline. Throws an Error (usage) where none or several fit.
StoredRun find_run(Connection& connection, const std::string& wanted);

struct Baseline {
  std::string name;
  std::string run_id;
  std::string created_at;  // UTC
};

// By name.
std::vector<Baseline> baselines(Connection& connection);
// Throws an Error (usage) where there is none of this name.
Baseline find_baseline(Connection& connection, const std::string& name);
// Keeps the run under this name, instead of the one that had it. Throws an Error (usage) for a name that
// could be taken for something else: it has to begin with a letter, and hold letters, digits, '.', '_' and
// '-'.
void set_baseline(Connection& connection, const std::string& name, const std::string& run_id);
void remove_baseline(Connection& connection, const std::string& name);

}  // namespace testloom
