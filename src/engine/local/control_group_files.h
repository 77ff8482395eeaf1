// The files of control groups: making, removing, reading and writing them, behind an interface that tests put
// another kernel behind; and the names that a group's files have in the kernel's two versions.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace testloom {

class GroupFiles {
 public:
  virtual ~GroupFiles() = default;
  virtual bool make(const std::filesystem::path& group) const;
  virtual bool remove(const std::filesystem::path& group) const;  // it has to be empty
  virtual bool write(const std::filesystem::path& file, std::string_view text) const;
  virtual std::string read(const std::filesystem::path& file) const;  // empty where that fails
  virtual bool can_write(const std::filesystem::path& path) const;
};

const GroupFiles& kernel_group_files();

// What is called how in a group of a version.
struct GroupNames {
  std::string_view limit, swap_limit;  // bytes; the second of memory with swap in version 1, of swap in 2
  std::string_view used;               // bytes, pages of files among them
  std::string_view kills, kills_key;   // how many processes were ended for want of memory
  std::string_view most;               // that was used, bytes; empty: hits tell
  std::string_view hits, hits_key;     // how often the limit was reached; empty: it is told by most
  std::string_view anonymous, shared;  // keys of memory.stat, of the group and all below
};

const GroupNames& names_of_version(int version);

// The number after a key at the beginning of a line, as "oom_kill 3".
std::optional<int64_t> keyed_number(std::string_view text, std::string_view key);

// Whether a word stands in a list such as "cpu memory pids".
bool has_word(std::string_view text, std::string_view word);

// The processes in a group, without those that this process cannot see.
std::vector<pid_t> processes_in(const std::filesystem::path& group, const GroupFiles& files);

// Sends KILL to all in a group and in those below it. True where there was none.
bool kill_all_in(const std::filesystem::path& group, const GroupFiles& files);

// Ends all in a group and below, and removes it; gives up after so many seconds. True where it is gone.
bool remove_group(const std::filesystem::path& group, const GroupFiles& files, double seconds);

}  // namespace testloom
