// What a test prints: drained from a pipe, so that the writer never waits, with its end kept at hand and more
// of it in a file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/files.h"

namespace testloom {

inline constexpr size_t kOutputTailBytes = 16 * 1024;
inline constexpr int64_t kKeptOutputBytes = 10'000'000;  // of which the first half, then the last

class CapturedOutput {
 public:
  // `file` is written where there is more than the tail.
  explicit CapturedOutput(std::filesystem::path file);
  ~CapturedOutput();
  CapturedOutput(const CapturedOutput&) = delete;
  CapturedOutput& operator=(const CapturedOutput&) = delete;

  int descriptor() const { return read_.get(); }  // -1 once all writers are gone
  int writing_end() const { return write_.get(); }
  void close_writing_end() { write_.close(); }
  // Takes what there is, for a bounded time.
  void drain();

  // The end of what was printed, in bytes as they came.
  std::string tail() const;
  bool has_file() const { return bool{file_}; }
  // Puts the file's halves in order, with a note between them of how much was left out. Afterwards only
  // tail() may be called.
  void finish();

 private:
  void keep(const char* bytes, size_t size);

  std::filesystem::path path_;
  FileDescriptor read_, write_, file_;
  std::string tail_;
  int64_t total_ = 0;
};

}  // namespace testloom
