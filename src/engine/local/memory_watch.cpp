#include "engine/local/memory_watch.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/units.h"
#include "engine/local/process_tree.h"

namespace testloom {

namespace {

constexpr double kEverySeconds = 0.1;
constexpr double kOftenSeconds = 0.02;  // while much of the budget is taken

// Files in memory count for whoever wrote them, though no process may have them mapped.
int64_t held_by(const Attempt& attempt, int64_t by_processes) {
  return std::max(by_processes, attempt.group_bytes());
}

}  // namespace

// Shared pages count for each test in this sum, which is got quickly; only where it is too much, the exact
// one is asked for.
void MemoryWatch::look(const std::vector<Attempt*>& running) {
  in_use_bytes_ = 0;
  for (Attempt* attempt : running) {
    const bool has_children = !descendants_of(attempt->pid()).empty();
    const int64_t of_processes =
        has_children ? proportional_bytes(attempt->pid()) : resident_bytes(attempt->pid());
    const int64_t bytes = held_by(*attempt, of_processes);
    if (has_children || bytes > of_processes) attempt->note_memory(bytes);
    attempt->heed_kernel();
    in_use_bytes_ += bytes;
  }
  const bool is_close = budget_bytes_ > 0 && in_use_bytes_ > budget_bytes_ * 6 / 10;
  next_ = monotonic_seconds() + (is_close ? kOftenSeconds : kEverySeconds);
  if (budget_bytes_ > 0 && in_use_bytes_ > budget_bytes_) end_worst(running);
}

// What was ended for its memory is giving it back: no other has to end for that.
void MemoryWatch::end_worst(const std::vector<Attempt*>& running) {
  in_use_bytes_ = 0;
  int64_t leaving_bytes = 0;
  Attempt* worst = nullptr;
  int64_t worst_over = 0, worst_bytes = 0;
  for (Attempt* attempt : running) {
    const int64_t bytes = held_by(*attempt, proportional_bytes(attempt->pid()));
    in_use_bytes_ += bytes;
    if (attempt->is_ended_for_memory()) leaving_bytes += bytes;
    const int64_t over = bytes - attempt->start().estimated_bytes;
    if (attempt->is_asked_to_end() || (worst && over <= worst_over)) continue;
    worst = attempt;
    worst_over = over;
    worst_bytes = bytes;
  }
  if (in_use_bytes_ - leaving_bytes <= budget_bytes_ || !worst) return;
  worst->note_memory(worst_bytes);
  worst->end_for_memory(fmt::format("ended at {} of memory: all tests together may take {}",
                                    show_bytes(static_cast<double>(worst_bytes)),
                                    show_bytes(static_cast<double>(budget_bytes_))));
}

}  // namespace testloom
