// A journal's file as it is read: the whole lines that stood in it when it was opened, in blocks that several
// threads may take. Bytes are counted from the file's beginning.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>

#include "base/files.h"

namespace testloom {

class JournalFile {
 public:
  // Also syncs it, so that nothing gets into a store that a power cut takes out of the journal. Throws an
  // Error (spec) whose message begins with "it", as all that reading a journal throws.
  explicit JournalFile(std::filesystem::path path);

  const std::filesystem::path& path() const { return path_; }
  const FileDescriptor& descriptor() const { return file_; }
  int64_t whole() const { return whole_; }  // where the last whole line ends
  // The first line without its newline; behind it stand LineReader::padding bytes more. Empty where there is
  // no whole one.
  std::string first_line() const;
  // The last whole line that ends at or before `end`, alike.
  std::string last_line(int64_t end) const;
  // Fills `into` with the `size` bytes at `offset`. Throws an Error (spec) where they are not there any more.
  void read_at(int64_t offset, char* into, size_t size) const;

 private:
  std::string line_at(int64_t begin, int64_t end) const;
  int64_t line_end_before(int64_t end) const;

  std::filesystem::path path_;
  FileDescriptor file_;
  int64_t whole_ = 0;
};

// Hands out what stands between two ends of lines.
class LineBlocks {
 public:
  LineBlocks(const JournalFile& file, int64_t begin, int64_t end) : file_(file), next_(begin), end_(end) {}

  // Some whole lines with their newlines, put into `buffer`, and padding behind them; empty: that was all.
  // Lines that are too long are passed over and counted. Any thread may call it. Throws an Error (spec)
  // where the file has become shorter.
  std::string_view take(std::string& buffer);
  int64_t passed_over() const { return passed_over_; }  // once all is taken

 private:
  void pass_over(std::string& buffer);

  const JournalFile& file_;
  std::mutex mutex_;  // guards what follows
  int64_t next_;
  const int64_t end_;
  int64_t passed_over_ = 0;
};

}  // namespace testloom
