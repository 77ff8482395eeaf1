// Files: reading whole ones with a limit, replacing one so that a kill leaves it old or new, and a small
// owner of file descriptors. Failures are Errors that name the path and the system's reason.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "testloom/error.h"

namespace testloom {

// Owns one file descriptor; -1 is none.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int number) : number_(number) {}
  FileDescriptor(FileDescriptor&& other) noexcept : number_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() { close(); }

  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }
  int release();
  void close();

 private:
  int number_ = -1;
};

// The whole file as bytes. Throws an Error of `kind` when it is missing, not a regular file, not readable
// or larger than `limit` bytes.
std::string read_file(const std::filesystem::path& path, size_t limit, ErrorKind kind);

// Writes beside the target and renames over it. With `durable`, file and folder are fsynced. Throws an Error
// of `kind`.
void write_file(const std::filesystem::path& path, std::string_view content, ErrorKind kind,
                bool durable = false);

// Throws the Error "cannot <action> <path>: <the system's reason>" for an errno, with what to do about it.
[[noreturn]] void throw_file_error(ErrorKind kind, std::string_view action, const std::filesystem::path& path,
                                   int error);

// Writes all of `bytes` at the descriptor's place, going on after short writes. False with errno set.
bool write_all(int descriptor, std::string_view bytes);

// fsyncs a folder, so that a rename or a new file in it lasts.
void sync_folder(const std::filesystem::path& folder);

// The folder of the running program's own file.
std::filesystem::path program_folder();

}  // namespace testloom
