// Writes files into a FileTree on a thread of its own, while the caller makes the next ones. Some megabytes
// wait at most; then the caller does.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/file_tree.h"

namespace testloom {

class BackgroundWriter {
 public:
  // The tree belongs to the writer's thread until finish() or the destructor.
  explicit BackgroundWriter(FileTree& tree);
  ~BackgroundWriter();  // leaves unwritten what still waits
  BackgroundWriter(const BackgroundWriter&) = delete;
  BackgroundWriter& operator=(const BackgroundWriter&) = delete;

  // REQUIRES: files of one folder come one after the other. Throws what went wrong with an earlier file.
  void put(std::string_view folder, std::string_view name, std::string_view content);
  // Waits until all is written and returns how many files had to be. Throws what went wrong.
  int64_t finish();

 private:
  // Some files; their texts stand one after the other. Emptied and filled anew, so that its memory stays
  // warm.
  struct Batch {
    struct File {
      size_t folder_size, name_size, content_size;
    };
    std::vector<File> files;
    std::string bytes;  // of each file: folder, name, content
  };

  void hand_over();
  void stop(bool at_once);
  void work();
  void write(const Batch& batch);

  FileTree& tree_;
  Batch batch_;  // the caller's, being collected

  std::mutex mutex_;  // guards from here to failure_
  std::condition_variable changed_;
  std::deque<Batch> waiting_;
  std::vector<Batch> empty_;  // to be filled again
  bool ended_ = false;        // no more batches come
  std::exception_ptr failure_;

  int64_t written_ = 0;  // the writing thread's until it has ended, like folder_
  std::string folder_;   // that the tree is in
  std::string name_;
  std::thread thread_;
};

}  // namespace testloom
