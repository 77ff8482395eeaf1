// Lines of a file or of standard input as they come: a line is handed out as soon as its end was read, so
// that a writer on the other end of a pipe can wait for what becomes of it.
#pragma once

#include <string>
#include <string_view>

#include "base/files.h"

namespace testloom::cli {

class LineReader {
 public:
  // Longest line that is handed out, in bytes.
  static constexpr size_t kMaxLineBytes = 64 << 20;

  // "-" is standard input. Throws an Error (spec) when the file cannot be read.
  explicit LineReader(const std::string& path);

  // The next line without its end, valid until the next call; of one that is too long, nothing but that it
  // is. False behind the last one. Throws an Error (spec).
  bool next(std::string_view& line, bool& is_too_long);
  // Whether next() would have to read, which may wait.
  bool must_read() const;

  // The file's name for messages.
  const std::string& name() const { return name_; }

 private:
  void fill();

  std::string name_;
  FileDescriptor file_;
  std::string buffer_;
  size_t begin_ = 0;    // of the next line
  size_t scanned_ = 0;  // no line ends before
  bool at_end_ = false;
  bool skipping_ = false;  // within a line that is too long
};

}  // namespace testloom::cli
