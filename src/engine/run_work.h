// Which tests a run is about: those of a plan that were asked for, what they depend on, and what earlier runs
// say of dependencies that are not run again.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "plan/tests.h"
#include "store/store.h"

namespace testloom {

// A part of a plan's models, so that chains stay whole: those whose name's hash gives this part. From 1.
struct Shard {
  int64_t part = 1;
  int64_t of = 1;
};

// "2/8". Throws an Error (usage) for what is none.
Shard shard_of(std::string_view text);

struct Selection {
  std::optional<std::string> plan;          // a plan's name or id; none: the latest
  std::vector<std::string> hardware_types;  // empty: all of the plan's
  std::string where;                        // a condition, as users write it; empty: all
  bool only_changed = false;                // not those that passed in this very definition
  bool only_failed = false;                 // only those whose last outcome is a failure
  bool without_dependencies = false;        // what was not selected and never ran is left out
  std::optional<Shard> shard;
  int repeat = 1;
  bool find_max_batch =
      false;  // look between the largest batch size that passed and the smallest that did not fit
};

// What an earlier attempt says of a test that is not run now.
struct EarlierOutcome {
  std::string outcome;
  std::string case_name;
  std::string template_name;
  std::string artifacts;  // the folder of the files that it saved, relative to that of journals
};

struct RunWork {
  int64_t plan_id = 0;
  std::vector<PlannedTest> tests;  // those to run, each after what it depends on
  struct Start {
    int repetition = 1;
    int attempt = 1;
  };
  std::vector<Start> starts;  // where each begins: what a run that goes on has done already is not done again
  // By test_id: dependencies of them that are not among them.
  std::unordered_map<std::string, EarlierOutcome> earlier;
  // Where find_max_batch is asked for: tests that were selected and are not run, since an earlier run has
  // done it, and by test_id where that run goes on with tests that it interrupted.
  std::vector<PlannedTest> left_out;
  std::unordered_map<std::string, Start> begun;
  int64_t not_python = 0;                        // rendered, not run
  int64_t as_before = 0;                         // left out by only_changed or only_failed
  int64_t added = 0;                             // there since others depend on them
  int64_t done = 0;                              // by the run that goes on
  std::map<std::string, int64_t> done_outcomes;  // of these, by word
  TestRenderer renderer;
};

// The settings of a run as the journal keeps them, and back; what goes beyond the selection is for people.
std::string selection_json(const Selection& selection);
Selection selection_of_json(std::string_view json);

// The latest run that did not come to its end, of this plan if one is given. Throws an Error (usage) where
// there is none.
struct ResumableRun {
  std::string run_id;
  Selection selection;
};
ResumableRun find_resumable(Connection& connection, const std::optional<std::string>& plan);

// Throws an Error (usage) where there is no such plan or no test to run in it. `resumed` is the run that goes
// on; empty: a new one.
std::unique_ptr<RunWork> read_work(Connection& connection, const Selection& selection,
                                   const std::string& resumed);

}  // namespace testloom
