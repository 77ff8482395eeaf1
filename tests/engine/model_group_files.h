// Control groups of either version as the kernel's documentation tells them, in an ordinary folder: a group
// is made with its files, those of memory only where the group above gives it that controller; a group with
// processes gives none and one that gives any takes none; what is not empty is not removed.
#pragma once

#include <sys/wait.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "engine/local/control_group_files.h"

namespace testloom {

class ModelGroupFiles : public GroupFiles {
 public:
  // `top` becomes the group that the program is in, with these processes.
  ModelGroupFiles(int version, const std::filesystem::path& top, std::vector<pid_t> processes)
      : version_(version), top_(top) {
    std::filesystem::create_directories(top);
    fill(top, true);
    processes_[top] = std::move(processes);
  }

  bool make(const std::filesystem::path& group) const override {
    if (!GroupFiles::make(group)) return false;
    fill(group, version_ == 1 || gives_memory(group.parent_path()));
    return true;
  }

  bool remove(const std::filesystem::path& group) const override {
    if (!in(group).empty()) return false;
    for (const auto& entry : std::filesystem::directory_iterator(group)) {
      if (entry.is_directory()) return false;
    }
    std::filesystem::remove_all(group);
    processes_.erase(group);
    return true;
  }

  bool write(const std::filesystem::path& file, std::string_view text) const override {
    if (!std::filesystem::exists(file)) return false;
    const std::filesystem::path group = file.parent_path();
    writes.push_back(fmt::format("{} {}", file.lexically_relative(top_).native(), text));
    if (file.filename() == "cgroup.subtree_control") {
      const bool takes_away = text == "-memory";
      if (!takes_away && (!in(group).empty() || !std::filesystem::exists(group / names().limit)))
        return false;
      put(file, takes_away ? "" : "memory\n");
    } else if (file.filename() == "cgroup.procs") {
      if (gives_memory(group)) return false;
      const auto process = static_cast<pid_t>(std::stol(std::string(text)));
      for (auto& [folder, all] : processes_) std::erase(all, process);
      processes_[group].push_back(process);
    } else if (file.filename() == "cgroup.kill") {
      for (auto& [folder, all] : processes_) {
        if (folder.native().starts_with(group.native())) all.clear();
      }
    } else {
      put(file, text);
    }
    return true;
  }

  std::string read(const std::filesystem::path& file) const override {
    if (file.filename() != "cgroup.procs") return GroupFiles::read(file);
    std::string text;
    for (const pid_t each : in(file.parent_path())) text += fmt::format("{}\n", each);
    return text;
  }

  // What the kernel itself would write.
  void put(const std::filesystem::path& file, std::string_view text) const {
    std::ofstream(file, std::ios::trunc) << text;
  }
  void enter(const std::filesystem::path& group, pid_t process) { processes_[group].push_back(process); }

  // Children of this process that have ended are in no group any more.
  std::vector<pid_t> in(const std::filesystem::path& group) const {
    const auto found = processes_.find(group);
    if (found == processes_.end()) return {};
    std::erase_if(found->second, [](pid_t each) { return ::waitpid(each, nullptr, WNOHANG) == each; });
    return found->second;
  }

  mutable std::vector<std::string> writes;  // "file text", in their order

 private:
  const GroupNames& names() const { return names_of_version(version_); }
  bool gives_memory(const std::filesystem::path& group) const {
    return has_word(GroupFiles::read(group / "cgroup.subtree_control"), "memory");
  }

  void fill(const std::filesystem::path& group, bool counts_memory) const {
    put(group / "cgroup.procs", "");
    if (version_ == 2) {
      put(group / "cgroup.type", "domain\n");
      put(group / "cgroup.controllers", counts_memory ? "cpu memory pids\n" : "cpu pids\n");
      put(group / "cgroup.subtree_control", "");
      put(group / "cgroup.kill", "");
    }
    if (!counts_memory) return;
    put(group / names().limit, version_ == 1 ? "9223372036854771712\n" : "max\n");
    put(group / names().swap_limit, version_ == 1 ? "9223372036854771712\n" : "max\n");
    put(group / names().kills, version_ == 1 ? "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n"
                                             : "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 0\n");
    if (version_ == 1) put(group / "memory.max_usage_in_bytes", "7000\n");
    if (version_ == 1) put(group / "memory.use_hierarchy", "1\n");
    if (version_ == 2) put(group / "memory.oom.group", "0\n");
    put(group / "memory.stat", version_ == 1
                                   ? "cache 5000\nrss 0\ntotal_cache 5000\ntotal_rss 0\ntotal_shmem 0\n"
                                   : "anon 0\nfile 5000\nshmem 0\nanon_thp 7\n");
  }

  int version_;
  std::filesystem::path top_;
  mutable std::map<std::filesystem::path, std::vector<pid_t>> processes_;
};

}  // namespace testloom
