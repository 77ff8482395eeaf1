// A limit for what one compilation or one render works without taking memory for it: bytes and items that are
// looked at, such as a long text that is compared in every pass of a loop. Counted for each thread.
#pragma once

#include <cstddef>
#include <cstdint>

namespace testloom::templating {

// In bytes; an item counts as 16. About a second.
inline constexpr uint64_t kMostWork = uint64_t{1} << 31;

namespace detail {
inline thread_local uint64_t work_done = 0;
}

// Where an evaluation begins that has the whole limit for itself.
inline void begin_work() { detail::work_done = 0; }

[[noreturn]] void fail_for_much_work();

// Throws an EvaluationError past the limit.
inline void spend(uint64_t bytes) {
  if ((detail::work_done += bytes) > kMostWork) fail_for_much_work();
}
inline void spend_items(uint64_t count) { spend(16 * count); }

}  // namespace testloom::templating
