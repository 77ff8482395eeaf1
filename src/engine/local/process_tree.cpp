#include "engine/local/process_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/files.h"

namespace testloom {

namespace {

constexpr int kEndRounds = 10'000;

// A small file of /proc, as far as the room goes; empty where it is gone.
std::string_view read_small(const char* path, char* room, size_t size) {
  const FileDescriptor file(::open(path, O_RDONLY | O_CLOEXEC));
  if (!file) return {};
  size_t filled = 0;
  while (filled < size) {
    const ssize_t count = ::read(file.get(), room + filled, size - filled);
    if (count <= 0) break;
    filled += static_cast<size_t>(count);
  }
  return {room, filled};
}

void append_numbers(std::string_view text, std::vector<pid_t>& out) {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    pid_t number = 0;
    const auto [next, error] = std::from_chars(at, end, number);
    if (error == std::errc()) out.push_back(number);
    at = next + 1;
  }
}

// Children of all threads of a process; a thread's own are listed with it.
void append_children(pid_t process, std::vector<pid_t>& out) {
  char room[65536];
  const std::string threads = fmt::format("/proc/{}/task", process);
  DIR* folder = ::opendir(threads.c_str());
  if (!folder) return;
  while (const dirent* entry = ::readdir(folder)) {
    if (entry->d_name[0] == '.') continue;
    append_numbers(
        read_small(fmt::format("{}/{}/children", threads, entry->d_name).c_str(), room, sizeof room), out);
  }
  ::closedir(folder);
}

int64_t resident_of(pid_t process) {
  char room[256];
  const std::string_view text = read_small(fmt::format("/proc/{}/statm", process).c_str(), room, sizeof room);
  std::vector<pid_t> pages;
  append_numbers(text, pages);
  static const int64_t page_bytes = ::sysconf(_SC_PAGESIZE);
  return pages.size() > 1 ? pages[1] * page_bytes : 0;
}

int64_t proportional_of(pid_t process) {
  char room[4096];
  const std::string_view text =
      read_small(fmt::format("/proc/{}/smaps_rollup", process).c_str(), room, sizeof room);
  const size_t line = text.find("\nPss:");
  if (line == std::string_view::npos) return resident_of(process);
  const size_t digits = text.find_first_of("0123456789", line);
  int64_t kilobytes = 0;
  if (digits != std::string_view::npos)
    std::from_chars(text.data() + digits, text.data() + text.size(), kilobytes);
  return kilobytes * 1024;
}

}  // namespace

std::vector<pid_t> descendants_of(pid_t root) {
  std::vector<pid_t> found;
  append_children(root, found);
  for (size_t at = 0; at < found.size(); ++at) append_children(found[at], found);
  return found;
}

std::vector<pid_t> own_children() {
  std::vector<pid_t> children;
  append_children(::getpid(), children);
  return children;
}

int64_t resident_bytes(pid_t root) {
  int64_t bytes = resident_of(root);
  for (const pid_t each : descendants_of(root)) bytes += resident_of(each);
  return bytes;
}

int64_t proportional_bytes(pid_t root) {
  int64_t bytes = proportional_of(root);
  for (const pid_t each : descendants_of(root)) bytes += proportional_of(each);
  return bytes;
}

void signal_tree(pid_t root, int number) {
  const std::vector<pid_t> below = descendants_of(root);
  ::kill(-root, number);
  ::kill(root, number);
  for (const pid_t each : below) ::kill(each, number);
}

void end_all_below() {
  for (int round = 0; round < kEndRounds; ++round) {
    for (const pid_t each : descendants_of(::getpid())) ::kill(each, SIGKILL);
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    if (::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD) return;
    ::usleep(1000);
  }
}

}  // namespace testloom
