// One warm parent: an interpreter that has loaded what tests import, and forks a process for each
// (python/testloom/warm_parent.py, whose head says what goes over its socket).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"

namespace testloom {

struct WarmStart {
  std::string python;
  std::filesystem::path folder;  // that holds runner.py and warm_parent.py
  std::vector<std::string> statements;
  std::vector<std::pair<std::string, std::string>> environment;
};

struct ForkRequest {
  int64_t id = 0;
  std::filesystem::path test, result, folder;
  std::vector<std::pair<std::string, std::string>> environment;
  std::string group;  // the file by which it gets into its control group; empty: it has none
  int output = -1;
};

struct WarmEvent {
  enum class Kind { ready, refused, started, failed, ended, gone };
  Kind kind;
  int64_t id = 0;
  pid_t pid = -1;  // started
  std::string reason =
      {};          // refused: why nothing can be forked; failed: why this one was not; gone: how it ended
  int status = 0;  // ended: as wait() gives it
  int64_t peak_memory_bytes = 0;
};

class WarmParent {
 public:
  // Starts the interpreter and does not wait for it; where that fails, the first event says so.
  explicit WarmParent(const WarmStart& request);
  ~WarmParent();
  WarmParent(const WarmParent&) = delete;
  WarmParent& operator=(const WarmParent&) = delete;

  // Readable when there are events; -1 once it is gone.
  int descriptor() const { return socket_.get(); }
  std::vector<WarmEvent> events();
  // False where the parent is gone. REQUIRES: it said that it is ready.
  bool fork(const ForkRequest& request);
  pid_t pid() const { return pid_; }
  // Says to whoever reaps children that this one's end was seen.
  void mark_ended() { pid_ = -1; }

 private:
  pid_t pid_ = -1;
  FileDescriptor socket_;
  std::string start_error_;
};

}  // namespace testloom
