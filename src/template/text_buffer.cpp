#include "template/text_buffer.h"

#include <algorithm>

#include <fmt/core.h>

#include "template/expression/datum.h"

namespace testloom::templating {

void TextBuffer::set_limit(size_t bytes) {
  limit_ = bytes;
  if (capacity_ <= limit_) return;
  bytes_.reset();
  size_ = capacity_ = 0;
}

void TextBuffer::grow(size_t bytes) {
  if (bytes > limit_ || size_ > limit_ - bytes) fail_for_length();
  const size_t capacity = std::min(limit_, std::max({size_ + bytes, capacity_ * 2, size_t{4096}}));
  auto grown = std::make_unique_for_overwrite<char[]>(capacity + kUnasked + kReadableSlack);
  if (size_ > 0) std::memcpy(grown.get(), bytes_.get(), size_);
  bytes_ = std::move(grown);
  capacity_ = capacity;
}

void TextBuffer::fail_for_length() const {
  throw EvaluationError{fmt::format("the text gets longer than {} bytes", limit_), {}};
}

}  // namespace testloom::templating
