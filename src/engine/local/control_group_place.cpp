#include "engine/local/control_group_place.h"

#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "engine/local/guard.h"

namespace testloom {

namespace fs = std::filesystem;

namespace {

struct Mount {
  int version;
  std::string root;  // the part of the hierarchy that is mounted
  std::string place;
};

bool is_octal(std::string_view text) {
  return text.size() == 3 && text.find_first_not_of("01234567") == std::string_view::npos;
}

// Spaces and the like stand in mountinfo as \040.
std::string unescaped(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\' && is_octal(text.substr(at + 1, 3))) {
      out += static_cast<char>((text[at + 1] - '0') * 64 + (text[at + 2] - '0') * 8 + (text[at + 3] - '0'));
      at += 3;
    } else {
      out += text[at];
    }
  }
  return out;
}

bool lists_memory(std::string_view text) {
  const std::vector<std::string> words = split(text, ',');
  return std::find(words.begin(), words.end(), "memory") != words.end();
}

// Of a line "35 31 0:32 ROOT PLACE OPTIONS … - TYPE SOURCE OPTIONS"; version 0: it is of something else.
Mount mount_of(std::string_view line) {
  const std::vector<std::string> words = split(line, ' ');
  const auto dash = std::find(words.begin(), words.end(), "-");
  if (words.size() < 5 || words.end() - dash < 4) return {};
  const std::string& type = dash[1];
  const int version = type == "cgroup2" ? 2 : type == "cgroup" && lists_memory(dash[3]) ? 1 : 0;
  return {version, unescaped(words[3]), unescaped(words[4])};
}

// The folder of a group by its path in the whole hierarchy; empty where it is not in what is mounted.
fs::path folder_in(const Mount& mount, const std::string& group) {
  if (group.starts_with("/..")) return {};
  const std::string root = mount.root == "/" ? "" : mount.root;
  if (!group.starts_with(root)) return {};
  const std::string rest = group.substr(root.size());
  if (!rest.empty() && rest[0] != '/') return {};
  return rest.size() <= 1 ? fs::path(mount.place) : fs::path(mount.place + rest);
}

GroupPlace none(std::string why_not) {
  GroupPlace place;
  place.why_not = std::move(why_not);
  return place;
}

// A group with processes in it gives no controllers to those below it, the root of all excepted: what is in
// it has to move first, which is done with one's own alone.
GroupPlace second_place(const OwnGroup& group, const std::vector<pid_t>& own_processes,
                        const GroupFiles& files) {
  const std::string shown = quote(group.folder.native(), 300);
  if (!has_word(files.read(group.folder / "cgroup.controllers"), "memory"))
    return none(fmt::format("memory is not counted in {}", shown));
  if (!files.can_write(group.folder / "cgroup.procs") ||
      !files.can_write(group.folder / "cgroup.subtree_control"))
    return none(fmt::format("{} cannot be written", shown));
  GroupPlace place{2, group.folder, {}, true, ""};
  place.is_enabled = has_word(files.read(group.folder / "cgroup.subtree_control"), "memory");
  const bool is_root = files.read(group.folder / "cgroup.type").empty();
  if (place.is_enabled || is_root) return place;
  for (const pid_t each : processes_in(group.folder, files)) {
    if (std::find(own_processes.begin(), own_processes.end(), each) == own_processes.end())
      return none(fmt::format("other processes are in {} too", shown));
    place.own.push_back(each);
  }
  return place;
}

GroupPlace place_below(const OwnGroup& group, const std::vector<pid_t>& own_processes,
                       const GroupFiles& files) {
  if (!files.can_write(group.folder))
    return none(fmt::format("{} cannot be written", quote(group.folder.native(), 300)));
  if (group.version == 2) return second_place(group, own_processes, files);
  return {1, group.folder, {}, true, ""};
}

}  // namespace

std::vector<OwnGroup> own_groups_of(std::string_view groups, std::string_view mounts) {
  std::string paths[3];  // by version
  for (const std::string& line : split(groups, '\n')) {
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (controllers.empty()) paths[2] = line.substr(second + 1);
    if (lists_memory(controllers)) paths[1] = line.substr(second + 1);
  }
  std::vector<OwnGroup> found;
  for (const int version : {1, 2}) {
    for (const std::string& line : split(mounts, '\n')) {
      const Mount mount = mount_of(line);
      if (mount.version != version || paths[version].empty()) continue;
      const fs::path folder = folder_in(mount, paths[version]);
      if (!folder.empty()) found.push_back({version, folder, mount.place});
    }
  }
  return found;
}

std::vector<OwnGroup> own_groups() {
  const GroupFiles& files = kernel_group_files();
  return own_groups_of(files.read("/proc/self/cgroup"), files.read("/proc/self/mountinfo"));
}

// Where version 1 counts memory, version 2 does not.
GroupPlace group_place(const std::vector<OwnGroup>& groups, const std::vector<pid_t>& own_processes,
                       const GroupFiles& files) {
  GroupPlace first = none("there are none here that count memory");
  for (const OwnGroup& group : groups) {
    GroupPlace place = place_below(group, own_processes, files);
    if (place.version != 0) return place;
    if (&group == &groups.front()) first = std::move(place);
  }
  return first;
}

GroupPlace group_place() {
  std::vector<pid_t> own = {::getpid()};
  if (guard_descriptor() >= 0) own.push_back(::getppid());
  return group_place(own_groups(), own, kernel_group_files());
}

std::string shown(const GroupPlace& place) {
  if (place.version == 0) return fmt::format("none: {}", place.why_not);
  return fmt::format("version {}, below {}", place.version, quote(place.folder.native(), 300));
}

}  // namespace testloom
