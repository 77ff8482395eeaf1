// A report on its way out: into a file that is there wholly or not at all, or to standard output.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/files.h"

namespace testloom {

class StreamedFile {
 public:
  // "-" is standard output. Throws an Error (usage) when the file cannot be made.
  explicit StreamedFile(const std::string& path);
  ~StreamedFile();  // without finish(), what was there before stays
  StreamedFile(const StreamedFile&) = delete;
  StreamedFile& operator=(const StreamedFile&) = delete;

  void write(std::string_view text);
  void finish();

 private:
  void flush();

  std::filesystem::path path_;
  std::filesystem::path unfinished_;  // empty for standard output
  FileDescriptor file_;
  std::string buffer_;
};

}  // namespace testloom
