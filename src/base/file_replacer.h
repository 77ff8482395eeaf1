// Puts a text in a file's place whole: it is written to a spare file first, which then takes the name, so
// that a kill at any moment leaves the old file or the new one. Names are taken from open folders, no path is
// walked. The functions return 0 or errno.
//
// Replacing a file means one inode made and one freed, and a file system may take many times longer for that
// than for the bytes (ext4 by 10 to 30 times, as it does not reuse an inode that was freed a moment ago). So
// the two files change places (RENAME_EXCHANGE), and the old one is the spare for the next text. That happens
// only where nobody can tell: its owner and mode are those of a new file, it has no other name, and a lease
// says that nobody has it open. Otherwise, and where a file system cannot do it, a new spare is made.
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>

#include "base/files.h"

namespace testloom {

class FileReplacer {
 public:
  static constexpr const char* kSpare = "file";

  // The spare lies as kSpare in `spare_folder`, which stays the caller's, outlives this, and is of the same
  // file system as the folders given later.
  explicit FileReplacer(int spare_folder) : spare_folder_(spare_folder) {}
  ~FileReplacer();
  FileReplacer(const FileReplacer&) = delete;
  FileReplacer& operator=(const FileReplacer&) = delete;

  // `name` becomes a new file; what has that name and is no folder goes.
  int place(int folder, const std::string& name, std::string_view content);
  // The same for a name that a regular file has.
  int replace(int folder, const std::string& name, std::string_view content);

 private:
  int fill(std::string_view content);
  FileDescriptor reopen() const;
  FileDescriptor make();

  int spare_folder_;
  bool left_ = false;         // the spare is a file that was replaced
  bool can_exchange_ = true;  // until the file system says otherwise
  struct stat fresh_ {};      // of the last spare that was made
};

}  // namespace testloom
