#include "base/files.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace testloom {

namespace fs = std::filesystem;

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    close();
    number_ = other.release();
  }
  return *this;
}

int FileDescriptor::release() { return std::exchange(number_, -1); }

void FileDescriptor::close() {
  if (number_ >= 0) ::close(std::exchange(number_, -1));
}

namespace {

std::string advice(int error) {
  switch (error) {
    case ENOENT:
      return "check the path";
    case ENOSPC:
      return "free some space and try again";
    case EISDIR:
      return "name a file in it";
    case ELOOP:
      return "its links lead in a circle: name the file itself";
    case EACCES:
    case EPERM:
      return "check its permissions";
    default:
      return "";
  }
}

}  // namespace

void throw_file_error(ErrorKind kind, std::string_view action, const fs::path& path, int error) {
  throw Error(kind, fmt::format("cannot {} {}: {}", action, quote(path.native(), 400), std::strerror(error)),
              advice(error));
}

std::string read_file(const fs::path& path, size_t limit, ErrorKind kind) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) throw_file_error(kind, "read", path, errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw_file_error(kind, "read", path, errno);
  if (S_ISDIR(status.st_mode)) throw_file_error(kind, "read", path, EISDIR);
  if (!S_ISREG(status.st_mode)) {
    throw Error(kind, fmt::format("cannot read {}: it is not a regular file", quote(path.native(), 400)),
                "name a regular file");
  }
  const auto too_large = [&] {
    return Error(
        kind,
        fmt::format("{} is larger than {} bytes, the most that is read", quote(path.native(), 400), limit),
        "check that this is the file you mean");
  };
  if (static_cast<size_t>(status.st_size) > limit) throw too_large();
  std::string content(static_cast<size_t>(status.st_size) + 1, '\0');
  size_t size = 0;
  for (;;) {
    const ssize_t count = ::read(file.get(), content.data() + size, content.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_file_error(kind, "read", path, errno);
    if (count == 0) break;
    size += static_cast<size_t>(count);
    if (size > limit) throw too_large();
    if (size == content.size()) content.resize(size * 2);
  }
  content.resize(size);
  return content;
}

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) {
      pollfd ready{descriptor, POLLOUT, 0};
      ::poll(&ready, 1, -1);
      continue;
    }
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

void sync_folder(const fs::path& folder) {
  const FileDescriptor handle(
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (handle) ::fsync(handle.get());
}

void write_file(const fs::path& path, std::string_view content, ErrorKind kind, bool durable) {
  fs::path beside = path;
  beside += fmt::format(".{}.tmp", ::getpid());
  {
    const FileDescriptor file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (!file) throw_file_error(kind, "write", path, errno);
    if (!write_all(file.get(), content) || (durable && ::fsync(file.get()) != 0)) {
      const int error = errno;
      ::unlink(beside.c_str());
      throw_file_error(kind, "write", path, error);
    }
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(beside.c_str());
    throw_file_error(kind, "write", path, error);
  }
  if (durable) sync_folder(path.parent_path());
}

fs::path program_folder() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).parent_path();
}

}  // namespace testloom
