// Where control groups that count memory can be made on this machine: below the group that this process is
// in, of the kernel's version 1 or 2.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "engine/local/control_group_files.h"

namespace testloom {

// A group that this process is in, in a hierarchy that may count memory.
struct OwnGroup {
  int version = 0;               // 1 or 2
  std::filesystem::path folder;  // of the group
  std::filesystem::path mount;   // of the hierarchy; the folder is it or lies below
};

// From the text of /proc/self/cgroup and /proc/self/mountinfo. A hierarchy that is not mounted, or of which
// only another part is, is left out.
std::vector<OwnGroup> own_groups_of(std::string_view groups, std::string_view mounts);
std::vector<OwnGroup> own_groups();

struct GroupPlace {
  int version = 0;               // 0: no groups can be made
  std::filesystem::path folder;  // to make them in
  std::vector<pid_t> own;        // all that is in it and has to move to a group of its own first
  bool is_enabled = true;        // version 2: groups below it count memory already
  std::string why_not;           // where none can be made
};

// Looks and changes nothing. `own_processes` are those that may be moved.
GroupPlace group_place(const std::vector<OwnGroup>& groups, const std::vector<pid_t>& own_processes,
                       const GroupFiles& files);
// Of this machine, for this process and its guard.
GroupPlace group_place();
// "version 1, below PATH", or "none: why".
std::string shown(const GroupPlace& place);

}  // namespace testloom
