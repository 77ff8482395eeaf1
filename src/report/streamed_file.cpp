#include "report/streamed_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>

namespace testloom {

namespace fs = std::filesystem;

namespace {

constexpr size_t kBufferBytes = size_t{1} << 16;

}  // namespace

StreamedFile::StreamedFile(const std::string& path) : path_(path) {
  if (path == "-") {
    file_ = FileDescriptor(::dup(STDOUT_FILENO));
  } else {
    unfinished_ = fmt::format("{}.{}.tmp", path, ::getpid());
    file_ = FileDescriptor(::open(unfinished_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  }
  if (!file_) throw_file_error(ErrorKind::usage, "write", path_, errno);
}

StreamedFile::~StreamedFile() {
  if (!file_ || unfinished_.empty()) return;
  std::error_code error;
  fs::remove(unfinished_, error);
}

void StreamedFile::write(std::string_view text) {
  buffer_ += text;
  if (buffer_.size() >= kBufferBytes) flush();
}

void StreamedFile::flush() {
  if (!write_all(file_.get(), buffer_) && !(errno == EPIPE && unfinished_.empty()))
    throw_file_error(ErrorKind::usage, "write", path_, errno);
  buffer_.clear();
}

void StreamedFile::finish() {
  flush();
  file_.close();
  if (unfinished_.empty()) return;
  if (::rename(unfinished_.c_str(), path_.c_str()) == 0) return;
  const int error = errno;
  ::unlink(unfinished_.c_str());
  throw_file_error(ErrorKind::usage, "write", path_, error);
}

}  // namespace testloom
