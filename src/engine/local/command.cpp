#include "engine/local/command.h"

#include <sys/wait.h>

#include <csignal>
#include <cstring>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/text.h"
#include "engine/local/process_start.h"
#include "engine/local/process_tree.h"

namespace testloom {

Command::Command(const CommandStart& start, const std::filesystem::path& output_file)
    : output_(output_file), output_file_(output_file), timeout_seconds_(start.timeout_seconds) {
  ProcessStart request;
  request.command = start.command;
  request.folder = "/";
  request.environment = start.environment;
  request.output = output_.writing_end();
  pid_ = start_process(request).pid;
  output_.close_writing_end();
  due_ = monotonic_seconds() + timeout_seconds_;
}

Command::~Command() {
  std::error_code error;
  std::filesystem::remove(output_file_, error);
}

void Command::tend() {
  if (monotonic_seconds() < due_) return;
  timed_out_ = true;
  signal_tree(pid_, SIGKILL);
  due_ = monotonic_seconds() + 1;
}

void Command::pause(bool paused) { ::kill(-pid_, paused ? SIGSTOP : SIGCONT); }

std::string Command::finish(int status) {
  output_.drain();
  output_.finish();
  if (timed_out_) return fmt::format("it took longer than {:g} s", timeout_seconds_);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return "";
  const std::string said = output_.tail();
  const std::string_view text = trimmed(said);
  const size_t line = text.rfind('\n');
  if (!text.empty()) return one_line(line == std::string_view::npos ? text : text.substr(line + 1), 300);
  return WIFEXITED(status) ? fmt::format("it exited with status {}", WEXITSTATUS(status)) : "it crashed";
}

}  // namespace testloom
