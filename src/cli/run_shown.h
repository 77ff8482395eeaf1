// How a run is shown while it goes on: a line for each test that has ended, for people or programs, and on a
// terminal one below them that says how far it is.
#pragma once

#include <string>

#include "engine/run.h"

namespace testloom::cli {

enum class RunForm {
  lines,       // for people
  json,        // whole outcomes, and the summary at the end
  json_lines,  // what programs ask for most, an object a finished test
};

class RunShown {
 public:
  explicit RunShown(RunForm form) : form_(form) {}
  void show(const PlannedTest* test, const Outcome* outcome, const RunProgress& progress);
  void finish(const RunSummary& summary);

 private:
  void show_outcome(const Outcome& outcome);
  void show_progress(const RunProgress& progress);
  void clear_progress();

  RunForm form_;
  double shown_at_ = 0;
  bool is_shown_ = false;
};

void show_dry_run(const DryRun& dry, bool json);

}  // namespace testloom::cli
