#include "model/weights/byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "base/text.h"

namespace testloom {

namespace {

constexpr uint64_t kMaxFileBytes = uint64_t{1} << 50;
constexpr std::string_view kGitPointer = "version https://git-lfs";

[[noreturn]] void ends_early(const std::string& path, uint64_t offset, size_t size) {
  refuse_weights(path, fmt::format("it ends before byte {}", offset + size), "fetch the file anew");
}

}  // namespace

void refuse_weights(const std::string& path, const std::string& problem, std::string hint) {
  throw Error(ErrorKind::spec, fmt::format("{} cannot be used: {}", quote(path, 400), problem),
              std::move(hint));
}

FileBytes::FileBytes(const std::filesystem::path& path)
    : path_(path.native()), file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
  if (!file_) throw_file_error(ErrorKind::spec, "read", path, errno);
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0) throw_file_error(ErrorKind::spec, "read", path, errno);
  if (S_ISDIR(status.st_mode)) throw_file_error(ErrorKind::spec, "read", path, EISDIR);
  if (!S_ISREG(status.st_mode)) refuse_weights(path_, "it is not a regular file");
  size_ = static_cast<uint64_t>(status.st_size);
  if (size_ > kMaxFileBytes) refuse_weights(path_, fmt::format("{} bytes are no weight file's size", size_));
}

void FileBytes::read(uint64_t offset, char* out, size_t size) {
  if (offset > size_ || size > size_ - offset) ends_early(path_, offset, size);
  for (size_t done = 0; done < size;) {
    const ssize_t count = ::pread(file_.get(), out + done, size - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_file_error(ErrorKind::spec, "read", path_, errno);
    if (count == 0) ends_early(path_, offset, size);
    done += static_cast<size_t>(count);
  }
}

void MemoryBytes::read(uint64_t offset, char* out, size_t size) {
  if (offset > bytes_.size() || size > bytes_.size() - offset) ends_early(path_, offset, size);
  std::copy_n(bytes_.data() + offset, size, out);
}

void refuse_git_pointer(ByteSource& source) {
  std::string begin(std::min<uint64_t>(source.size(), kGitPointer.size()), '\0');
  source.read(0, begin.data(), begin.size());
  if (begin != kGitPointer) return;
  refuse_weights(source.path(), "it is a pointer of Git LFS, not the weights", "fetch them: `git lfs pull`");
}

}  // namespace testloom
