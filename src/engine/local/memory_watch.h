// What running tests hold of the host's memory, and which of them has to end when that is too much.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/local/attempt.h"

namespace testloom {

class MemoryWatch {
 public:
  explicit MemoryWatch(int64_t budget_bytes) : budget_bytes_(budget_bytes) {}  // 0: no limit

  // Looks at all of them. Over the budget, ends the one that is furthest above its prediction.
  void look(const std::vector<Attempt*>& running);
  // That they held when last looked at.
  int64_t in_use_bytes() const { return in_use_bytes_; }
  // When to look again, in seconds of the monotonic clock: sooner when there is little left.
  double next() const { return next_; }

 private:
  void end_worst(const std::vector<Attempt*>& running);

  int64_t budget_bytes_;
  int64_t in_use_bytes_ = 0;
  double next_ = 0;
};

}  // namespace testloom
