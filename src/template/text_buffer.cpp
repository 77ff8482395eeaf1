#include "template/text_buffer.h"

#include <algorithm>

#include <fmt/core.h>

#include "template/expression/datum.h"

namespace testloom::templating {

void TextBuffer::grow(size_t bytes) {
  if (bytes > limit_ || size_ > limit_ - bytes) {
    throw EvaluationError{fmt::format("the text gets longer than {} bytes", limit_), {}};
  }
  const size_t capacity = std::min(limit_, std::max({size_ + bytes, capacity_ * 2, size_t{4096}}));
  auto grown = std::make_unique_for_overwrite<char[]>(capacity + kSlack);
  if (size_ > 0) std::memcpy(grown.get(), bytes_.get(), size_);
  bytes_ = std::move(grown);
  capacity_ = capacity;
}

}  // namespace testloom::templating
