// Brings what is written to a file onto the disk, on a thread of its own and within 200 ms, so that who
// writes need not wait for the disk.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace testloom {

// fdatasync, or what stands for it in a test: 0, or -1 with errno set.
using SyncFile = std::function<int(int descriptor)>;

class FileSyncer {
 public:
  FileSyncer(int descriptor, SyncFile sync);  // the descriptor stays the caller's
  ~FileSyncer();                              // syncs what is left
  FileSyncer(const FileSyncer&) = delete;
  FileSyncer& operator=(const FileSyncer&) = delete;

  void written();  // there is something to sync
  // Waits until all that was written before is on the disk, or could not be brought there.
  void wait();
  // The errno of a sync that failed; 0: none did. What was written since the last good one may be lost, and a
  // later sync would not say so: it stays.
  int failure();

 private:
  void work();

  const int descriptor_;
  const SyncFile sync_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  bool dirty_ = false;
  bool syncing_ = false;
  bool hurry_ = false;
  bool ended_ = false;
  int failure_ = 0;
  std::thread thread_;
};

}  // namespace testloom
