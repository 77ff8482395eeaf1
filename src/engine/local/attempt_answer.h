// What the runner wrote about a test, and where it wrote nothing, what its process's end says.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "engine/outcome.h"

namespace testloom {

inline constexpr std::string_view kKernelEnded = "the kernel ended it for want of memory";

// Fills the outcome from the runner's record; false when there is none, or one that is not the runner's.
bool take_answer(const std::filesystem::path& file, Outcome& outcome);

// The process went without a record: by its status, as wait() gives it.
void take_exit(int status, bool kernel_killed_for_memory, Outcome& outcome);

// Throws an Error (engine) where the runner says by its exit that it could not write its record, and the disk
// that it was to be written to is full: nothing can be told of the test, nor of those after it.
void check_room(int status, const std::filesystem::path& file);

// How many processes the kernel has ended for want of memory since it started.
int64_t kernel_oom_kills();

}  // namespace testloom
