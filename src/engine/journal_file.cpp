#include "engine/journal_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "engine/journal_lines.h"

namespace testloom {

namespace fs = std::filesystem;

namespace {

constexpr size_t kBlock = 1 << 20;
constexpr int64_t kSearchStep = 1 << 16;

[[noreturn]] void unreadable() {
  throw Error(ErrorKind::spec, fmt::format("it cannot be read: {}", std::strerror(errno)),
              "check its path and its permissions");
}

}  // namespace

JournalFile::JournalFile(fs::path path) : path_(std::move(path)) {
  file_ = FileDescriptor(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file_ || ::fstat(file_.get(), &status) != 0) unreadable();
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorKind::spec, "it is not a regular file", "name a journal, RUN.jsonl");
  }
  ::fdatasync(file_.get());  // best effort: it may stand on something that is only read
  whole_ = line_end_before(status.st_size);
}

void JournalFile::read_at(int64_t offset, char* into, size_t size) const {
  while (size > 0) {
    const ssize_t count = ::pread(file_.get(), into, size, offset);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) unreadable();
    if (count == 0) {
      throw Error(ErrorKind::spec, "it became shorter while it was read",
                  "try again once nobody writes to it");
    }
    into += count;
    offset += count;
    size -= static_cast<size_t>(count);
  }
}

int64_t JournalFile::line_end_before(int64_t end) const {
  std::string bytes;
  while (end > 0) {
    const int64_t begin = std::max<int64_t>(0, end - kSearchStep);
    bytes.resize(static_cast<size_t>(end - begin));
    read_at(begin, bytes.data(), bytes.size());
    const size_t newline = bytes.rfind('\n');
    if (newline != std::string::npos) return begin + static_cast<int64_t>(newline) + 1;
    end = begin;
  }
  return 0;
}

std::string JournalFile::line_at(int64_t begin, int64_t end) const {
  std::string line(static_cast<size_t>(end - begin), '\0');
  read_at(begin, line.data(), line.size());
  line.reserve(line.size() + LineReader::padding);
  return line;
}

std::string JournalFile::first_line() const {
  const int64_t limit = std::min(whole_, static_cast<int64_t>(LineReader::longest));
  for (int64_t size = std::min(limit, kSearchStep); size > 0; size = std::min(limit, size * 8)) {
    std::string bytes = line_at(0, size);
    const size_t newline = bytes.find('\n');
    if (newline != std::string::npos) {
      bytes.resize(newline);
      bytes.reserve(newline + LineReader::padding);
      return bytes;
    }
    if (size == limit) break;
  }
  return {};
}

std::string JournalFile::last_line(int64_t end) const {
  const int64_t line_end = line_end_before(end);
  if (line_end == 0) return {};
  const int64_t begin = line_end_before(line_end - 1);
  return line_end - begin > static_cast<int64_t>(LineReader::longest) ? std::string()
                                                                      : line_at(begin, line_end - 1);
}

std::string_view LineBlocks::take(std::string& buffer) {
  const std::lock_guard lock(mutex_);
  size_t size = kBlock;
  while (next_ < end_) {
    const size_t left = static_cast<size_t>(end_ - next_);
    size = std::min(size, left);
    if (buffer.size() < size + LineReader::padding) buffer.resize(size + LineReader::padding);
    file_.read_at(next_, buffer.data(), size);
    const size_t newline = std::string_view(buffer.data(), size).rfind('\n');
    if (newline != std::string_view::npos) {
      next_ += static_cast<int64_t>(newline) + 1;
      return {buffer.data(), newline + 1};
    }
    if (size <= LineReader::longest) {
      size *= 2;
      continue;
    }
    ++passed_over_;
    pass_over(buffer);
    size = kBlock;
  }
  return {};
}

// REQUIRES: no line ends in the first LineReader::longest bytes from `next_` on, and one does later.
void LineBlocks::pass_over(std::string& buffer) {
  next_ += static_cast<int64_t>(LineReader::longest);
  for (size_t newline = std::string_view::npos; newline == std::string_view::npos;) {
    const size_t size = std::min(kBlock, static_cast<size_t>(end_ - next_));
    file_.read_at(next_, buffer.data(), size);
    newline = std::string_view(buffer.data(), size).find('\n');
    next_ += static_cast<int64_t>(newline == std::string_view::npos ? size : newline + 1);
  }
}

}  // namespace testloom
