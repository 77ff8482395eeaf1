#include "engine/local/output.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace testloom {

namespace {

constexpr int64_t kHalf = kKeptOutputBytes / 2;
constexpr int kReadsAtOnce = 64;  // of 64 KiB: others want their turn

bool write_at(int file, const char* bytes, int64_t size, int64_t place) {
  return ::pwrite(file, bytes, static_cast<size_t>(size), place) == size;
}

}  // namespace

CapturedOutput::CapturedOutput(std::filesystem::path file) : path_(std::move(file)) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    throw Error(ErrorKind::engine, fmt::format("no pipe could be made: {}", std::strerror(errno)),
                "run fewer tests at once (--jobs), or raise the limit of open files (ulimit -n)");
  }
  read_ = FileDescriptor(ends[0]);
  write_ = FileDescriptor(ends[1]);
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
}

CapturedOutput::~CapturedOutput() = default;

void CapturedOutput::drain() {
  char buffer[65536];
  for (int reads = 0; read_ && reads < kReadsAtOnce;) {
    const ssize_t count = ::read(read_.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return;  // nothing there now
    if (count == 0) return read_.close();
    keep(buffer, static_cast<size_t>(count));
    ++reads;
  }
}

// The first half of the file fills up; the second is a ring.
void CapturedOutput::keep(const char* bytes, size_t size) {
  const bool was_all_in_tail = total_ == static_cast<int64_t>(tail_.size());
  tail_.append(bytes, size);
  if (was_all_in_tail && tail_.size() <= kOutputTailBytes) {
    total_ += static_cast<int64_t>(size);
    return;
  }
  std::string_view more(bytes, size);
  if (!file_ && was_all_in_tail) {
    file_ = FileDescriptor(::open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    total_ = 0;
    more = tail_;
  }
  while (file_ && !more.empty()) {
    const int64_t place = total_ < kHalf ? total_ : kHalf + (total_ - kHalf) % kHalf;
    const int64_t room = (total_ < kHalf ? kHalf : 2 * kHalf) - place;
    const int64_t part = std::min(room, static_cast<int64_t>(more.size()));
    if (!write_at(file_.get(), more.data(), part, place)) file_.close();  // a full disk: the tail remains
    total_ += part;
    more.remove_prefix(static_cast<size_t>(part));
  }
  total_ += static_cast<int64_t>(more.size());
  if (tail_.size() > 2 * kOutputTailBytes) tail_.erase(0, tail_.size() - kOutputTailBytes);
}

std::string CapturedOutput::tail() const {
  std::string_view last = tail_;
  if (last.size() > kOutputTailBytes) last.remove_prefix(last.size() - kOutputTailBytes);
  return std::string(last);
}

void CapturedOutput::finish() {
  read_.close();
  write_.close();
  if (!file_ || total_ <= 2 * kHalf) return;
  std::string ring(static_cast<size_t>(kHalf), '\0');
  if (::pread(file_.get(), ring.data(), ring.size(), kHalf) != kHalf) return;
  std::rotate(ring.begin(), ring.begin() + (total_ - kHalf) % kHalf, ring.end());
  const std::string note = fmt::format("\n... {} bytes left out ...\n", total_ - 2 * kHalf);
  if (write_at(file_.get(), note.data(), static_cast<int64_t>(note.size()), kHalf))
    write_at(file_.get(), ring.data(), kHalf, kHalf + static_cast<int64_t>(note.size()));
}

}  // namespace testloom
