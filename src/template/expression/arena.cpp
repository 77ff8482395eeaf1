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
  // A block that is too small makes room for a larger one, so that few are kept however sizes vary.
  if (current_ < blocks_.size() && blocks_[current_].size < bytes) {
    const size_t size = std::max(blocks_[current_].size * 2, bytes);
    blocks_[current_] = {std::make_unique_for_overwrite<char[]>(size), size};
  }
  if (current_ == blocks_.size()) {
    const size_t grown = blocks_.empty() ? kFirstBlock : std::min(blocks_.back().size * 2, kLargestStep);
    const size_t size = std::max(grown, bytes);
    blocks_.push_back({std::make_unique_for_overwrite<char[]>(size), size});
  }
  at_ = bytes;
  return blocks_[current_].bytes.get();
}

}  // namespace testloom::templating
