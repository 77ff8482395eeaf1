// One attempt at one test while it runs: its files, what it prints, its time limit, and in the end its
// outcome. It does not know how its process is started: a supervisor tells it when that began and ended.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/local/control_group.h"
#include "engine/local/output.h"
#include "engine/outcome.h"
#include "plan/tests.h"

namespace testloom {

// How a test is started: by a fork of a warm parent, or in a fresh interpreter.
enum class StartKind { fork, fresh };

struct AttemptStart {
  int64_t id = 0;
  const PlannedTest* test = nullptr;  // outlives the attempt
  Outcome outcome;                    // what is known before: numbers, slot, cores
  std::string content;                // the test's text
  StartKind start = StartKind::fresh;
  std::string python;
  std::string launch;                   // a command line that the interpreter's is put after; empty: none
  std::vector<std::string> statements;  // imports that a warm parent loads
  std::vector<std::pair<std::string, std::string>>
      parent_environment;                                        // what a warm parent has to be started with
  std::vector<std::pair<std::string, std::string>> environment;  // and what is of this test alone
  std::filesystem::path folder;                                  // made for the attempt, removed afterwards
  std::filesystem::path output_file;  // made where the test prints more than the outcome keeps
  std::filesystem::path artifacts;    // kept where the test puts something into it
  double timeout_seconds = 600;
  int64_t estimated_bytes = 0;  // of the host's memory
};

// How a process ended.
struct ProcessExit {
  int status = 0;  // as wait() gives it
  int64_t peak_memory_bytes = 0;
};

class Attempt {
 public:
  // Writes the test's files. Throws an Error (engine) when they cannot be written.
  explicit Attempt(AttemptStart start);
  ~Attempt();
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  const AttemptStart& start() const { return start_; }
  std::filesystem::path test_file() const { return start_.folder / "test.py"; }
  std::filesystem::path result_file() const { return start_.folder / "result.json"; }
  std::filesystem::path current_folder() const { return start_.folder / "cwd"; }
  CapturedOutput& output() { return output_; }
  // Its control group, to be in before it begins; nothing: it has none.
  void take_group(std::unique_ptr<TestGroup> group) { group_ = std::move(group); }
  std::string group_entry() const { return group_ ? group_->entry() : ""; }
  // That its group holds; 0 where it has none.
  int64_t group_bytes() const { return group_ ? group_->held_bytes() : 0; }

  void has_started(pid_t pid, StartKind how);
  bool is_running() const { return pid_ > 0; }
  pid_t pid() const { return pid_; }
  StartKind how() const { return how_; }

  // When something is due; call tend() then. Seconds of the monotonic clock.
  double due() const;
  // Ends what is over its time: TERM first, KILL two seconds later, to its whole tree.
  void tend();
  // Ends it because the user asked.
  void interrupt();
  void interrupt_at_once();
  // Ends it at once because of the memory that it holds.
  void end_for_memory(std::string reason);
  void note_memory(int64_t bytes);  // of its whole tree
  // Ends what is left of it where the kernel ended a process of it for want of memory.
  void heed_kernel();
  void note_beside(const std::string& case_name);

  // The outcome, after the process ended and what is left of it was ended too. To be called once.
  Outcome finish(const ProcessExit& exit);
  // It never started.
  Outcome finish_unstarted(std::string reason);
  bool is_asked_to_end() const { return asked_at_ > 0; }
  bool is_ended_for_memory() const { return !memory_reason_.empty(); }
  // It was killed, and nobody says that it ended.
  bool is_overdue() const;

 private:
  void ask_to_end();
  std::string kernel_reason();
  bool has_exact_count() const { return group_ && start_.launch.empty(); }
  void keep_files(Outcome& outcome);

  AttemptStart start_;
  CapturedOutput output_;
  std::unique_ptr<TestGroup> group_;
  pid_t pid_ = -1;
  StartKind how_ = StartKind::fresh;
  double began_ = 0;     // monotonic
  double asked_at_ = 0;  // when it was asked to end
  double next_kill_ = 0;
  bool timed_out_ = false;
  bool interrupted_ = false;
  std::string memory_reason_;
  int64_t peak_tree_bytes_ = 0;
  int64_t kernel_kills_before_ = 0;  // on the whole machine, where its group does not tell
};

}  // namespace testloom
