// Starts a process of its own session: what stands between fork and exec. The process ends when the one that
// started it does, and what its descendants leave behind stays below it as long as it lives.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace testloom {

struct ProcessStart {
  std::vector<std::string> command;  // [0] is looked up in PATH when it holds no slash
  std::filesystem::path folder;      // to run in
  std::vector<std::pair<std::string, std::string>> environment;  // set on top of this program's
  int output = -1;                                               // becomes its standard output and error
  int control = -1;                                              // becomes its descriptor 3; -1: it has none
  std::string group;     // the file by which it gets into its control group; empty: it stays in this one's
  bool is_test = false;  // it gets the limits of a test, and adopts what its descendants leave behind
};

// The most descriptors that a test may have open; fewer where the system allows fewer.
inline constexpr size_t kTestOpenFiles = 4096;

struct StartedProcess {
  pid_t pid = -1;
  int error = 0;  // errno, where it did not start
};

StartedProcess start_process(const ProcessStart& request);

}  // namespace testloom
