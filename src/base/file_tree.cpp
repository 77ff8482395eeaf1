#include "base/file_tree.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>

#include "base/text.h"

namespace testloom {

namespace fs = std::filesystem;

namespace {

constexpr const char* kFolder = "folder";    // within the unfinished folder: the one that is being filled
constexpr const char* kWritten = "written";  // and the list of what was written
constexpr int kOpenFolder = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

enum class Found { nothing, same, other_file, something_else };

// What stands at `name`. Links are not followed, and what is no regular file is not read.
Found look(int folder, const char* name, std::string_view content, std::string& buffer) {
  const FileDescriptor file(::openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file) return errno == ENOENT ? Found::nothing : Found::something_else;
  struct stat status {};
  if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return Found::something_else;
  if (static_cast<size_t>(status.st_size) != content.size()) return Found::other_file;
  if (buffer.size() < content.size()) buffer.resize(content.size());
  size_t size = 0;
  while (size < content.size()) {
    const ssize_t count = ::read(file.get(), buffer.data() + size, content.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return Found::other_file;
    size += static_cast<size_t>(count);
  }
  return std::string_view(buffer.data(), size) == content ? Found::same : Found::other_file;
}

// Whether what cannot be opened as a folder is a link. A link there could lead anywhere.
bool is_link(int folder, const char* name) {
  struct stat status {};
  return ::fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode);
}

[[noreturn]] void refuse_folder(int root, const char* name, const fs::path& path, int error) {
  if (is_link(root, name)) {
    throw Error(ErrorKind::usage,
                fmt::format("{} is a link; what it points to is left alone", quote(path.native(), 400)),
                "remove the link and render again");
  }
  throw_file_error(ErrorKind::usage, "make the folder", path, error);
}

// The complete lines of a list; a kill may have cut the last one.
std::vector<std::string> complete_lines(int folder, const char* name) {
  const FileDescriptor file(::openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  std::string text;
  std::string block(1 << 16, '\0');
  for (ssize_t count; file && (count = ::read(file.get(), block.data(), block.size())) > 0;)
    text.append(block, 0, static_cast<size_t>(count));
  std::vector<std::string> lines = split(text, '\n');
  if (!lines.empty()) lines.pop_back();
  std::erase(lines, std::string());
  return lines;
}

}  // namespace

FileTree::FileTree(fs::path root) : root_path_(std::move(root)) {
  root_ = FileDescriptor(::open(root_path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root_) throw_file_error(ErrorKind::usage, "open the folder", root_path_, errno);
  // A file system without locks is written without one.
  while (::flock(root_.get(), LOCK_EX) != 0 && errno == EINTR) {
  }
  take_over_unfinished();
}

FileTree::~FileTree() {
  folder_.close();
  replacer_.reset();
  std::error_code ignored;
  if (is_new_) fs::remove_all(root_path_ / kUnfinished / kFolder, ignored);
}

void FileTree::take_over_unfinished() {
  unfinished_ = FileDescriptor(::openat(root_.get(), kUnfinished, kOpenFolder));
  if (!unfinished_) {
    if (errno != ENOENT) refuse_folder(root_.get(), kUnfinished, root_path_ / kUnfinished, errno);
    return;
  }
  left_behind_ = complete_lines(unfinished_.get(), kWritten);
  std::error_code ignored;
  fs::remove_all(root_path_ / kUnfinished / kFolder, ignored);
  ::unlinkat(unfinished_.get(), FileReplacer::kSpare, 0);
}

int FileTree::unfinished() {
  if (!unfinished_) {
    if (::mkdirat(root_.get(), kUnfinished, 0777) == 0 || errno == EEXIST)
      unfinished_ = FileDescriptor(::openat(root_.get(), kUnfinished, kOpenFolder));
    if (!unfinished_) throw_file_error(ErrorKind::engine, "write", root_path_ / kUnfinished, errno);
  }
  if (!replacer_) replacer_ = std::make_unique<FileReplacer>(unfinished_.get());
  return unfinished_.get();
}

void FileTree::open_folder(const std::string& folder) {
  const char* name = folder.c_str();
  folder_ = FileDescriptor(::openat(root_.get(), name, kOpenFolder));
  if (folder_) return;
  if (errno != ENOENT) refuse_folder(root_.get(), name, root_path_ / folder, errno);
  if (::mkdirat(unfinished(), kFolder, 0777) == 0)
    folder_ = FileDescriptor(::openat(unfinished(), kFolder, kOpenFolder));
  if (!folder_) throw_file_error(ErrorKind::usage, "make the folder", root_path_ / folder, errno);
  is_new_ = true;
}

void FileTree::enter(const std::string& folder) {
  leave();
  open_folder(folder);
  folder_name_ = folder;
}

// Gives a new folder its place.
void FileTree::leave() {
  if (is_new_) {
    note(new_paths_);
    new_paths_.clear();
    if (::renameat(unfinished(), kFolder, root_.get(), folder_name_.c_str()) != 0)
      refuse_folder(root_.get(), folder_name_.c_str(), root_path_ / folder_name_, errno);
    is_new_ = false;
  }
  folder_.close();
}

void FileTree::create(const std::string& name, std::string_view content) {
  FileDescriptor file(::openat(folder_.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!file || !write_all(file.get(), content) || ::close(file.release()) != 0)
    throw_file_error(ErrorKind::engine, "write", path_of(name), errno);
}

bool FileTree::put(const std::string& name, std::string_view content) {
  if (is_new_) {
    create(name, content);
    new_paths_.append(folder_name_).append("/").append(name).append("\n");
    return true;
  }
  const Found found = look(folder_.get(), name.c_str(), content, buffer_);
  if (found == Found::same) return false;
  unfinished();
  note(fmt::format("{}/{}\n", folder_name_, name));
  const int error = found == Found::other_file ? replacer_->replace(folder_.get(), name, content)
                                               : replacer_->place(folder_.get(), name, content);
  if (error != 0) throw_file_error(ErrorKind::engine, "write", path_of(name), error);
  return true;
}

void FileTree::note(std::string_view paths) {
  if (!written_) {
    written_ = FileDescriptor(
        ::openat(unfinished(), kWritten, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0666));
    // Ends a line that a kill may have cut.
    if (!written_ || !write_all(written_.get(), "\n"))
      throw_file_error(ErrorKind::engine, "write", root_path_ / kUnfinished / kWritten, errno);
  }
  if (!write_all(written_.get(), paths))
    throw_file_error(ErrorKind::engine, "write", root_path_ / kUnfinished / kWritten, errno);
}

bool FileTree::remove(const std::string& folder, const std::string& name) {
  if (folder != folder_name_ || !folder_) {
    leave();
    folder_ = FileDescriptor(::openat(root_.get(), folder.c_str(), kOpenFolder));
    folder_name_ = folder;
  }
  const bool removed = folder_ && ::unlinkat(folder_.get(), name.c_str(), 0) == 0;
  if (folder_) ::unlinkat(root_.get(), folder.c_str(), AT_REMOVEDIR);  // fails while there is something in it
  return removed;
}

void FileTree::finish() {
  leave();
  written_.close();
  replacer_.reset();
  if (!unfinished_) return;
  ::unlinkat(unfinished_.get(), kWritten, 0);
  unfinished_.close();
  ::unlinkat(root_.get(), kUnfinished, AT_REMOVEDIR);
}

}  // namespace testloom
