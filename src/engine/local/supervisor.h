// Runs attempts side by side: starts their processes, from warm parents or afresh, drains what they print,
// keeps to times and memory, and hands each out when it has ended and nothing of it is left. One thread; it
// waits for everything at once.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/local/attempt.h"
#include "engine/local/command.h"
#include "engine/local/control_group.h"
#include "engine/local/memory_watch.h"
#include "engine/local/warm_parent.h"

namespace testloom {

struct AttemptEnd {
  int64_t id = 0;
  Outcome outcome;
};

struct CommandEnd {
  int64_t id = 0;
  std::string failure;  // why it did not succeed; empty where it did
};

// Keeps the signals of children for the supervisor. REQUIRES: called before other threads are started, which
// take it over.
void hold_child_signals();

class Supervisor {
 public:
  // `files` holds runner.py and warm_parent.py; `memory_bytes` is what all tests together may take; 0: no
  // limit. `groups` may be nothing. REQUIRES: no other part of the program waits for children while wait()
  // does.
  Supervisor(std::filesystem::path files, int64_t memory_bytes, std::unique_ptr<RunGroups> groups);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  void start(AttemptStart start);
  void start_command(int64_t id, const CommandStart& start);
  // Stops a command that runs, or lets it go on.
  void pause_command(int64_t id, bool paused);
  bool has_commands() const { return !commands_.empty(); }
  size_t running() const { return attempts_.size(); }
  // Waits until an attempt or a command has ended, a signal came or so many seconds are over. Throws an Error
  // (interrupted) when the guard is gone.
  std::vector<AttemptEnd> wait(double seconds);
  std::vector<CommandEnd> take_command_ends() { return std::exchange(ended_commands_, {}); }
  // Ends all that run; `at_once` without the time to end by themselves.
  void interrupt(bool at_once);
  // That the tests held when last looked at, at most a tenth of a second ago.
  int64_t memory_in_use() const { return memory_.in_use_bytes(); }
  // What users should know, each thing once; emptied by taking it.
  std::vector<std::string> take_notes();
  // Ends warm parents that no attempt is left for.
  void forget_warm_parents();

 private:
  struct Warm {
    std::unique_ptr<WarmParent> parent;
    std::string key;
    bool is_ready = false;
    double started_at = 0;
    std::deque<int64_t> waiting;  // attempts, until it is ready
  };
  using Running = std::map<int64_t, std::unique_ptr<Attempt>>;

  void start_fresh(Attempt& attempt);
  void start_warm(Attempt& attempt);
  std::string warm_key(const AttemptStart& start) const;
  void fork_from(Warm& warm, Attempt& attempt);
  void take_warm_events(Warm& warm);
  void take(Warm& warm, const WarmEvent& event);
  void give_up(Warm& warm, const std::string& reason);
  void lose(Warm& warm);
  void reap();
  void end_strays();
  void look_after_warm_parents();
  std::vector<Attempt*> running_attempts() const;
  void finish(int64_t id, const ProcessExit& exit);
  void finish_unstarted(int64_t id, const std::string& reason);
  double next_due(double now, double latest) const;
  void wait_for_events(double seconds);
  void note(std::string text);

  std::filesystem::path files_;
  MemoryWatch memory_;
  std::unique_ptr<RunGroups> groups_;  // outlives attempts
  FileDescriptor child_signals_;
  Running attempts_;
  std::map<int64_t, std::unique_ptr<Command>> commands_;
  std::vector<CommandEnd> ended_commands_;
  std::vector<std::unique_ptr<Warm>> warm_;
  std::map<std::string, std::string> refused_;  // by warm key: why nothing can be forked
  std::map<int64_t, std::string> warm_of_;      // attempts that were forked, and from which parent
  std::map<int64_t, int> lost_;                 // how often an attempt went with its parent
  std::vector<AttemptEnd> ended_;
  std::vector<std::string> notes_;
};

}  // namespace testloom
