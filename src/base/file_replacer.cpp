#include "base/file_replacer.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>

namespace testloom {

namespace {

// Whether no other descriptor, here or in another process, is open on the file. Who opens it from now on
// waits until this descriptor is closed; the signal for that is one that is ignored, not SIGIO, which kills.
bool only_one_open(int descriptor) {
  return ::fcntl(descriptor, F_SETSIG, SIGURG) == 0 && ::fcntl(descriptor, F_SETLEASE, F_WRLCK) == 0;
}

}  // namespace

FileReplacer::~FileReplacer() { ::unlinkat(spare_folder_, kSpare, 0); }

FileDescriptor FileReplacer::reopen() const {
  if (!left_) return {};
  FileDescriptor file(::openat(spare_folder_, kSpare, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat status {};
  const bool like_new = file && ::fstat(file.get(), &status) == 0 && status.st_mode == fresh_.st_mode &&
                        status.st_uid == fresh_.st_uid && status.st_gid == fresh_.st_gid &&
                        status.st_nlink == 1;
  return like_new && only_one_open(file.get()) ? std::move(file) : FileDescriptor();
}

FileDescriptor FileReplacer::make() {
  if (::unlinkat(spare_folder_, kSpare, 0) != 0 && errno != ENOENT) return {};
  FileDescriptor file(
      ::openat(spare_folder_, kSpare, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666));
  if (file && ::fstat(file.get(), &fresh_) != 0) return {};
  return file;
}

int FileReplacer::fill(std::string_view content) {
  FileDescriptor file = reopen();
  left_ = false;
  if (!file) file = make();
  if (!file) return errno;
  // Cut after writing, not before: a file that was cut to nothing is written out to the disk on closing.
  struct stat status {};
  if (!write_all(file.get(), content) || ::fstat(file.get(), &status) != 0) return errno;
  const auto size = static_cast<off_t>(content.size());
  if (status.st_size > size && ::ftruncate(file.get(), size) != 0) return errno;
  return ::close(file.release()) == 0 ? 0 : errno;
}

int FileReplacer::place(int folder, const std::string& name, std::string_view content) {
  if (const int error = fill(content)) return error;
  return ::renameat(spare_folder_, kSpare, folder, name.c_str()) == 0 ? 0 : errno;
}

int FileReplacer::replace(int folder, const std::string& name, std::string_view content) {
  if (!can_exchange_) return place(folder, name, content);
  if (const int error = fill(content)) return error;
  if (::renameat2(spare_folder_, kSpare, folder, name.c_str(), RENAME_EXCHANGE) == 0) {
    left_ = true;
    return 0;
  }
  can_exchange_ = errno != EINVAL && errno != ENOSYS && errno != ENOTSUP;
  return ::renameat(spare_folder_, kSpare, folder, name.c_str()) == 0 ? 0 : errno;
}

}  // namespace testloom
