#include "engine/local/control_group_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>

#include "base/clock.h"
#include "base/files.h"
#include "base/text.h"

namespace testloom {

namespace fs = std::filesystem;

namespace {

constexpr useconds_t kPauseMicroseconds = 1000;

std::optional<int64_t> number_at(std::string_view text) {
  int64_t number = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc()) return std::nullopt;
  return number;
}

// A folder counts as a link of the one above it, so that most need not be read; some file systems do not
// count.
std::vector<fs::path> groups_below(const fs::path& group) {
  std::vector<fs::path> found;
  struct stat facts {};
  if (::stat(group.c_str(), &facts) != 0 || facts.st_nlink == 2) return found;
  std::error_code error;
  for (fs::directory_iterator at(group, error), end; !error && at != end; at.increment(error)) {
    if (at->is_directory(error)) found.push_back(at->path());
  }
  return found;
}

}  // namespace

bool GroupFiles::make(const fs::path& group) const { return ::mkdir(group.c_str(), 0755) == 0; }

bool GroupFiles::remove(const fs::path& group) const { return ::rmdir(group.c_str()) == 0; }

bool GroupFiles::write(const fs::path& path, std::string_view text) const {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return file && write_all(file.get(), text);
}

std::string GroupFiles::read(const fs::path& path) const {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  char room[8192];
  for (ssize_t size; file && (size = ::read(file.get(), room, sizeof room)) > 0;)
    text.append(room, static_cast<size_t>(size));
  return text;
}

bool GroupFiles::can_write(const fs::path& path) const { return ::access(path.c_str(), W_OK) == 0; }

const GroupFiles& kernel_group_files() {
  static const GroupFiles files;
  return files;
}

const GroupNames& names_of_version(int version) {
  static const GroupNames first = {
      .limit = "memory.limit_in_bytes",
      .swap_limit = "memory.memsw.limit_in_bytes",
      .used = "memory.usage_in_bytes",
      .kills = "memory.oom_control",
      .kills_key = "oom_kill",
      .most = "memory.max_usage_in_bytes",  // memory.failcnt stays at 0 in some kernels
      .hits = "",
      .hits_key = "",
      .anonymous = "total_rss",
      .shared = "total_shmem",
  };
  static const GroupNames second = {
      .limit = "memory.max",
      .swap_limit = "memory.swap.max",
      .used = "memory.current",
      .kills = "memory.events",
      .kills_key = "oom_kill",
      .most = "",
      .hits = "memory.events",
      .hits_key = "max",
      .anonymous = "anon",
      .shared = "shmem",
  };
  return version == 1 ? first : second;
}

std::optional<int64_t> keyed_number(std::string_view text, std::string_view key) {
  if (key.empty()) return number_at(text);
  for (size_t at = 0; at < text.size();) {
    const std::string_view line = text.substr(at, text.find('\n', at) - at);
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == ' ')
      return number_at(line.substr(key.size() + 1));
    at += line.size() + 1;
  }
  return std::nullopt;
}

bool has_word(std::string_view text, std::string_view word) {
  for (const std::string& each : split(trimmed(text), ' ')) {
    if (each == word) return true;
  }
  return false;
}

std::vector<pid_t> processes_in(const fs::path& group, const GroupFiles& files) {
  std::vector<pid_t> found;
  for (const std::string& line : split(files.read(group / "cgroup.procs"), '\n')) {
    // 0 is what stands for a process of another namespace.
    if (const auto number = number_at(line); number && *number > 0)
      found.push_back(static_cast<pid_t>(*number));
  }
  return found;
}

// Where there is no cgroup.kill, what a process starts before it is killed is found by the next call.
bool kill_all_in(const fs::path& group, const GroupFiles& files) {
  bool was_empty = true;
  for (const fs::path& below : groups_below(group)) was_empty = kill_all_in(below, files) && was_empty;
  const std::vector<pid_t> processes = processes_in(group, files);
  if (processes.empty()) return was_empty;
  if (files.write(group / "cgroup.kill", "1")) return false;
  for (const pid_t each : processes) {
    if (each != ::getpid()) ::kill(each, SIGKILL);
  }
  return false;
}

bool remove_group(const fs::path& group, const GroupFiles& files, double seconds) {
  const double end = monotonic_seconds() + seconds;
  for (;;) {
    const bool is_empty = kill_all_in(group, files);
    for (const fs::path& below : groups_below(group)) remove_group(below, files, 0);
    if (is_empty && files.remove(group)) return true;
    if (::access(group.c_str(), F_OK) != 0) return true;
    if (monotonic_seconds() >= end) return false;
    ::usleep(kPauseMicroseconds);
  }
}

}  // namespace testloom
