// From a planned test and the slot that it got to what is started: its text, folders and environment.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <unordered_map>

#include "engine/local/attempt.h"
#include "engine/local/hardware.h"
#include "engine/local/imports.h"
#include "engine/run_work.h"
#include "plan/tests.h"

namespace testloom {

// Where a run keeps what.
struct RunFolders {
  std::filesystem::path work;       // RUN.work, removed at the end
  std::filesystem::path output;     // RUN.output, made when there is something to keep
  std::filesystem::path artifacts;  // RUN.artifacts
  std::filesystem::path journals;   // what paths in outcomes are relative to
};

// The names of the variables by which libraries are told how many threads they may use.
const std::vector<std::string>& thread_variables();

class TestStarts {
 public:
  // For these tests; all outlive this. `uses` is by hardware type.
  TestStarts(const RunFolders& folders, TestRenderer& renderer,
             const std::map<std::string, HardwareUse>& uses, const std::vector<PlannedTest>& tests);

  // Throws an Error (template) when the test's text cannot be rendered.
  AttemptStart make(int64_t id, const PlannedTest& test, const Slot& slot, int cores);
  // Says what a test that others need has left when it passed.
  void remember(const std::string& test_id, const EarlierOutcome& passed);

 private:
  std::string needs_json(const PlannedTest& test) const;

  const RunFolders& folders_;
  TestRenderer& renderer_;
  const std::map<std::string, HardwareUse>& uses_;
  std::map<int64_t, std::set<std::string>> packages_;  // that tests of a template version import
  std::map<std::set<std::string>, std::vector<std::string>> statements_;  // of all tests with these packages
  struct Left {
    std::string case_name;
    std::string template_name;
    std::string folder;  // absolute
  };
  std::unordered_map<std::string, Left> left_;  // by test_id
};

}  // namespace testloom
