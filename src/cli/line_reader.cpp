#include "cli/line_reader.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "base/text.h"

namespace testloom::cli {

namespace {

constexpr size_t kChunk = 64 << 10;

[[noreturn]] void fail(const std::string& name, int error) {
  throw Error(ErrorKind::spec, fmt::format("cannot read {}: {}", quote(name, 400), std::strerror(error)),
              error == EISDIR ? "name a file of JSON lines, or - for standard input" : "check the path");
}

}  // namespace

LineReader::LineReader(const std::string& path) : name_(path == "-" ? "<stdin>" : path) {
  file_ = FileDescriptor(path == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                     : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file_) fail(name_, errno);
  struct stat status {};
  if (::fstat(file_.get(), &status) == 0 && S_ISDIR(status.st_mode)) fail(name_, EISDIR);
}

bool LineReader::must_read() const { return !at_end_ && buffer_.find('\n', scanned_) == std::string::npos; }

void LineReader::fill() {
  if (begin_ > 0) {
    buffer_.erase(0, begin_);
    scanned_ -= begin_;
    begin_ = 0;
  }
  const size_t size = buffer_.size();
  buffer_.resize(size + kChunk);
  ssize_t count = 0;
  while ((count = ::read(file_.get(), buffer_.data() + size, kChunk)) < 0) {
    if (errno == EINTR) continue;
    if (errno != EAGAIN) break;
    pollfd ready{file_.get(), POLLIN, 0};
    ::poll(&ready, 1, -1);
  }
  const int error = errno;
  buffer_.resize(size + static_cast<size_t>(std::max<ssize_t>(count, 0)));
  if (count < 0) fail(name_, error);
  at_end_ = count == 0;
}

bool LineReader::next(std::string_view& line, bool& is_too_long) {
  is_too_long = false;
  for (;;) {
    const size_t end = buffer_.find('\n', scanned_);
    if (end != std::string::npos || at_end_) {
      const bool is_last = end == std::string::npos;
      if (is_last && begin_ == buffer_.size() && !skipping_) return false;
      line = std::string_view(buffer_).substr(begin_, is_last ? std::string::npos : end - begin_);
      begin_ = scanned_ = is_last ? buffer_.size() : end + 1;
      is_too_long = skipping_ || line.size() > kMaxLineBytes;
      if (is_too_long) line = {};
      skipping_ = false;
      return true;
    }
    scanned_ = buffer_.size();
    if (scanned_ - begin_ > kMaxLineBytes) {
      skipping_ = true;
      begin_ = scanned_;
    }
    fill();
  }
}

}  // namespace testloom::cli
