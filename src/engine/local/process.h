// One child process from start to end: its own session, output drained through a pipe, a time limit (TERM,
// then KILL to the whole group). The end is the process's exit, not its pipe's.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace testloom {

struct ProcessRequest {
  std::vector<std::string> command;  // [0] is looked up in PATH when it holds no slash
  std::filesystem::path folder;      // to run in
  double timeout_seconds = 0;        // 0: none
  size_t output_tail_bytes = 16 * 1024;
  std::vector<std::pair<std::string, std::string>> environment = {};  // set on top of this program's
};

struct ProcessEnd {
  bool started = false;
  std::string start_error;  // why it did not start
  int exit_status = -1;     // when it exited by itself
  int signal = 0;           // when a signal ended it
  bool timed_out = false;
  bool interrupted = false;  // ended because the user asked
  double duration_s = 0;
  int64_t peak_memory_bytes = 0;  // of the process itself, as the kernel counts it
  std::string output_tail;        // the end of stdout and stderr together
};

// Runs until the end. While it runs, `interrupt_requested()` ends it early.
ProcessEnd run_process(const ProcessRequest& request);

// From here on, Ctrl-C, TERM and HUP set a flag instead of ending the program.
void catch_interrupts();
bool interrupt_requested();
int interrupt_count();

}  // namespace testloom
