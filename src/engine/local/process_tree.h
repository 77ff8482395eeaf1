// The processes below one, by /proc: how much memory they hold, and their end.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace testloom {

// All below `root`, without it, each after its parent. What starts or ends meanwhile may be missing.
std::vector<pid_t> descendants_of(pid_t root);

// Children of this process.
std::vector<pid_t> own_children();

// Bytes that a process and all below it hold. What several processes share, the pages of a warm parent among
// them, counts for each: the figure is never too low, and is got in microseconds.
int64_t resident_bytes(pid_t root);

// The same with shared pages split among all that share them; takes a millisecond a gigabyte.
int64_t proportional_bytes(pid_t root);

// Sends a signal to the process's group, and to all below it whatever their group.
void signal_tree(pid_t root, int number);

// Kills and reaps all below this process until nothing is left.
void end_all_below();

}  // namespace testloom
