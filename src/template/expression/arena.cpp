#include "template/expression/arena.h"

#include <algorithm>

namespace testloom::templating {

namespace {
constexpr size_t kFirstBlock = 4096;
constexpr size_t kLargestStep = size_t{1} << 20;
}  // namespace

void* Arena::allocate_in_next_block(size_t bytes) {
  if (current_ < blocks_.size()) {
    used_before_ += at_;
    ++current_;
  }
  at_ = 0;
  while (current_ < blocks_.size() && blocks_[current_].size < bytes) ++current_;
  if (current_ == blocks_.size()) {
    const size_t grown = blocks_.empty() ? kFirstBlock : std::min(blocks_.back().size * 2, kLargestStep);
    const size_t size = std::max(grown, bytes);
    blocks_.push_back({std::make_unique_for_overwrite<char[]>(size), size});
  }
  at_ = bytes;
  return blocks_[current_].bytes.get();
}

}  // namespace testloom::templating
