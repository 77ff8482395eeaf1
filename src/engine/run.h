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

#include "engine/batch_search.h"
#include "engine/outcome.h"
#include "engine/run_work.h"
#include "plan/spec/spec.h"
#include "plan/tests.h"
#include "store/store.h"

namespace testloom {

struct RunRequest {
  std::filesystem::path store_path;
  double wait_seconds = 10;
  Selection selection;
  bool resume = false;           // the latest run of the plan goes on, with the selection that it had
  std::string python;            // for hardware whose section names no other
  double timeout_seconds = 600;  // of each test
  int jobs = 0;                  // tests at once; 0: as many as there are cores
  int64_t memory_bytes = 0;      // that all tests together may take; 0: what is free when the run begins
  int retries = 0;               // attempts more at what failed
  bool fail_fast = false;        // nothing is started any more after a failure
  std::optional<std::filesystem::path> journal_dir;  // for a run of a snapshot; none: beside it
  bool overcommit = false;                           // what can never fit may run alone; so in a search too
  int fetch_jobs = 2;                                // models that are fetched from the hub at once
  std::optional<int64_t> cache_bytes;                // that the hub's cache is to stay within
  bool control_groups = true;                        // use them where they can be made
  bool all_fresh = false;  // each test in an interpreter of its own, none from a warm parent
  std::vector<HardwareSection> hardware;
  std::function<void(Outcome&)> judge;  // what is expected of tests; none: nothing
};

struct RunProgress {
  size_t done = 0;
  size_t total = 0;
  std::vector<const PlannedTest*> running;
  std::vector<std::string> fetching;        // models that are being fetched
  std::map<std::string, int64_t> outcomes;  // so far, by word
  double elapsed_s = 0;
  std::optional<double> left_s;  // at the rate so far
  int64_t memory_bytes = 0;      // that the tests hold
};

struct RunSummary {
  std::string run_id;
  std::map<std::string, int64_t> outcomes;  // of the last attempt at each test, by word
  int64_t flaky = 0;                        // of those that passed
  int64_t searched_oom = 0;                 // of those that ran out, found in looking for the largest batch
  int64_t absent = 0;                       // skipped, since their hardware is not here
  double duration_s = 0;
  bool interrupted = false;
  bool failed_fast = false;
  // Of the chains in which something ran out of memory; none where Selection::find_max_batch is not set.
  std::optional<std::vector<FoundBatch>> max_batches;
  std::vector<std::string> notes;
  int64_t count(std::string_view word) const;
  bool has_failures() const;
};

// Called when a test has started or ended (`outcome` says how), and now and then (no test).
using WatchRun = std::function<void(const PlannedTest* test, const Outcome* outcome, const RunProgress&)>;

// Throws an Error: usage where there is nothing to run, engine where Python or the journal fails.
RunSummary run_plan(const RunRequest& request, const WatchRun& watch);

// What run_plan() would do, in its order, without doing it.
struct DryTest {
  PlannedTest test;
  std::string skip_reason;  // why it would not run; empty: it would
};
struct DryRun {
  std::vector<DryTest> tests;
  std::vector<std::string> slots;
  std::vector<std::string> notes;
};
DryRun dry_run(const RunRequest& request);

}  // namespace testloom
