// One run on this machine, from its first test to its last: takes tests in order as they fit, reports what
// came out, and keeps the journal and now and then the store up to date.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/batch_searches.h"
#include "engine/journal.h"
#include "engine/local/machine.h"
#include "engine/local/model_fetch.h"
#include "engine/local/slot_health.h"
#include "engine/local/supervisor.h"
#include "engine/local/test_start.h"
#include "engine/run.h"
#include "engine/run_claims.h"
#include "engine/schedule.h"
#include "engine/secrets.h"

namespace testloom {

class LocalRun {
 public:
  // `resumed` is the run that goes on; empty: a new one. All references outlive this.
  LocalRun(const RunRequest& request, const Selection& selection, const std::string& resumed,
           std::unique_ptr<RunWork> work, BatchSearches& searches, const Machine& machine,
           const WatchRun& watch);
  ~LocalRun();
  LocalRun(const LocalRun&) = delete;
  LocalRun& operator=(const LocalRun&) = delete;
  // Until everything has its outcome or the user ends it. Adds to the summary.
  void run(RunSummary& summary);

 private:
  // A test that has a slot.
  struct Holding {
    size_t test;
    size_t slot;
    Claim claim;
  };
  // How far a test has come.
  struct State {
    int repetition = 1;
    int attempt = 1;
    int failures = 0;  // at this repetition
    bool was_flaky = false;
  };

  void fill();
  bool start_next(std::vector<bool>& closed);
  void start(size_t test, const Placement& placement, const Claim& claim);
  void take_end(AttemptEnd& end);
  void name_template_lines(size_t test, AttemptEnd& end) const;
  void take_outcome(size_t test, Outcome outcome);
  bool goes_again(size_t test, const Outcome& outcome);
  void begin_at(size_t test);
  Claim claim_of(size_t test) const;
  void go_on_searching(size_t test, const Outcome& outcome);
  void skip(size_t test, std::string reason);
  void skip_dependents(size_t test, const Outcome& cause);
  void report(size_t test, const Outcome& outcome, bool is_last);
  bool may_ever_run(const PlannedTest& test) const;
  bool has_exclusive() const;
  bool may_start() const;
  bool is_over() const;
  RunProgress progress() const;
  void ingest(double wait_seconds);
  void ingest_if_due();

  const RunRequest& request_;
  const WatchRun& watch_;
  const Machine& machine_;
  std::unique_ptr<RunWork> work_;
  BatchSearches& searches_;
  const Secrets secrets_;
  Journal journal_;
  RunFolders folders_;
  Admission admission_;
  Claims claims_;
  ModelFetches fetches_;
  Schedule schedule_;
  TestStarts starts_;
  Supervisor supervisor_;
  SlotHealth health_;
  int repeat_;
  std::vector<State> states_;
  size_t planned_;                                // tests that are no probes
  std::unordered_map<int64_t, Holding> running_;  // by the attempt's id
  RunSummary* summary_ = nullptr;
  int64_t next_id_ = 0;
  size_t done_ = 0;
  int interrupts_seen_ = 0;
  double began_ = 0;
  double last_ingest_ = 0;
  double last_tick_ = 0;
};

}  // namespace testloom
