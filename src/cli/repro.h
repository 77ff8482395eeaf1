// What it takes to run one test alone as a run did: the environment variables, and the command line. Names
// and values that look like secrets never get into it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "plan/tests.h"
#include "store/store.h"

namespace testloom::cli {

struct Repro {
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<std::string> left_out;  // names of variables that were set for the test, and are secret
  std::string launch;                 // what stands before the interpreter, as the spec has it; may be empty
  std::string python;                 // empty: the test was not run yet
  std::string run_id;                 // likewise
};

// As the test was run last, or in this run (its id). Threads and device come from the outcome, the
// interpreter from its run, and what the spec said of the hardware type from the run's settings.
Repro repro_of(Store& store, const PlannedTest& test, const std::optional<std::string>& run_id);

// One line for a shell: the folder, the variables, the interpreter, runner.py, test.py and result.json.
std::string command_line(const Repro& repro, const std::string& folder);

}  // namespace testloom::cli
