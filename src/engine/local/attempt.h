// One attempt at one test: its text in a folder of its own, the runner in a fresh interpreter, and the
// outcome read from what is left when the process is gone.
#pragma once

#include <filesystem>
#include <string>

#include "engine/outcome.h"
#include "plan/tests.h"

namespace testloom {

struct AttemptRequest {
  std::string python;
  std::filesystem::path runner;       // runner.py
  std::filesystem::path work_folder;  // made for this attempt and removed afterwards
  double timeout_seconds = 600;
};

Outcome attempt_test(const PlannedTest& test, const std::string& content, const AttemptRequest& request);

}  // namespace testloom
