#include "model/weights/gguf_bytes.h"

#include <algorithm>

#include <fmt/format.h>

namespace testloom {

namespace {

constexpr uint64_t kWindowBytes = 64 << 10;

}  // namespace

void GgufBytes::refuse(const std::string& problem, std::string hint) const {
  refuse_weights(source_.path(), fmt::format("at byte {}: {}", at_, problem), std::move(hint));
}

void GgufBytes::refuse_length() const {
  refuse(fmt::format("its header is longer than {} bytes, the most that are read", max_header_bytes));
}

// The next bytes, which stay until the next call.
std::string_view GgufBytes::bytes(uint64_t count) {
  if (count > left())
    refuse(fmt::format("{} bytes should follow, and {} are there", count, left()), "fetch the file anew");
  if (count > max_header_bytes) refuse_length();
  const uint64_t window_end = window_begin_ + window_.size();
  if (at_ < window_begin_ || at_ + count > window_end) {
    window_.resize(std::min(std::max(count, kWindowBytes), left()));
    read_ += window_.size();
    if (read_ > max_header_bytes) refuse_length();
    source_.read(at_, window_.data(), window_.size());
    window_begin_ = at_;
  }
  const std::string_view found = std::string_view(window_).substr(at_ - window_begin_, count);
  at_ += count;
  return found;
}

uint64_t GgufBytes::integer(unsigned size) {
  const std::string_view read = bytes(size);
  uint64_t value = 0;
  for (unsigned i = 0; i < size; ++i)
    value = value << 8 | static_cast<unsigned char>(read[big_endian_ ? i : size - 1 - i]);
  return value;
}

std::string GgufBytes::text(uint64_t limit, std::string_view what) {
  const uint64_t length = u64();
  if (length > limit) {
    at_ -= 8;
    refuse(fmt::format("{} should be {} bytes long; at most {} are allowed", what, length, limit));
  }
  return raw(length);
}

void GgufBytes::skip(uint64_t count) {
  if (count > left())
    refuse(fmt::format("{} bytes should follow, and {} are there", count, left()), "fetch the file anew");
  at_ += count;
}

void GgufBytes::expect(uint64_t count, uint64_t size, std::string_view what) {
  if (count <= left() / size) return;
  refuse(fmt::format("{} {} should follow, and the file has {} more bytes", count, what, left()),
         "fetch the file anew");
}

}  // namespace testloom
