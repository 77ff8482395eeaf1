// `run`: executes a plan's tests on this machine. The store is read once and then kept closed while tests
// run; outcomes go to the journal first and from there into the store, so that looking and planning work
// meanwhile.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/outcome.h"
#include "plan/tests.h"
#include "store/store.h"

namespace testloom {

struct RunRequest {
  std::filesystem::path store_path;
  double wait_seconds = 10;
  std::optional<std::string> plan;          // a plan's name or id; none: the latest
  std::vector<std::string> hardware_types;  // empty: all of the plan's
  bool only_changed = false;                // not those that passed in this very definition
  std::string python;
  double timeout_seconds = 600;
  std::optional<std::filesystem::path> journal_dir;  // for a run of a snapshot; none: beside it
};

struct RunProgress {
  size_t done = 0;
  size_t total = 0;
};

struct RunSummary {
  std::string run_id;
  std::map<std::string, int64_t> outcomes;  // by word
  double duration_s = 0;
  bool interrupted = false;
  std::vector<std::string> notes;
  int64_t count(std::string_view word) const;
  bool has_failures() const;
};

// Called before a test starts (no outcome yet) and when it has one.
using WatchRun = std::function<void(const PlannedTest&, const Outcome*, const RunProgress&)>;

// Throws an Error: usage where there is nothing to run, engine where Python or the journal fails.
RunSummary run_plan(const RunRequest& request, const WatchRun& watch);

}  // namespace testloom
