// What is run beside tests, such as a look at a device's health or a download.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "engine/local/output.h"

namespace testloom {

struct CommandStart {
  std::vector<std::string> command;  // [0] is looked up in PATH when it holds no slash
  std::vector<std::pair<std::string, std::string>> environment;
  double timeout_seconds = 120;
};

class Command {
 public:
  // Starts it; where that fails, it has ended already.
  Command(const CommandStart& start, const std::filesystem::path& output_file);
  ~Command();
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  pid_t pid() const { return pid_; }
  double due() const { return due_; }
  CapturedOutput& output() { return output_; }
  // Kills it when it is over its time.
  void tend();
  // Stops its whole group, or lets it go on.
  void pause(bool paused);
  // Why it did not succeed; empty where it did. `status` is as wait() gives it.
  std::string finish(int status);

 private:
  CapturedOutput output_;
  std::filesystem::path output_file_;
  pid_t pid_ = -1;
  double due_ = 0;
  double timeout_seconds_;
  bool timed_out_ = false;
};

}  // namespace testloom
