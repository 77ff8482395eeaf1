// Where a rendered text grows: bytes that are not cleared before they are written, with room behind the end
// so that copying may go in wide steps.
#pragma once

#include <emmintrin.h>

#include <charconv>
#include <cstring>
#include <memory>
#include <string_view>

#include "template/expression/arena.h"

namespace testloom::templating {

class TextBuffer {
 public:
  std::string_view text() const { return {bytes_.get(), size_}; }
  size_t size() const { return size_; }
  void clear() { size_ = 0; }
  void truncate(size_t size) { size_ = size; }

  // The longest text; growing past it is an EvaluationError.
  void set_limit(size_t bytes) { limit_ = bytes; }

  // Makes room for `bytes` more.
  void reserve(size_t bytes) {
    if (capacity_ - size_ < bytes) grow(bytes);
  }
  void append(std::string_view text) {
    reserve(text.size());
    if (!text.empty()) std::memcpy(bytes_.get() + size_, text.data(), text.size());
    size_ += text.size();
  }
  // REQUIRES of these three: reserve() made the room.
  void append(char c) { bytes_[size_++] = c; }
  void append_digits(int64_t integer) {
    char* const to = bytes_.get() + size_;
    size_ += static_cast<size_t>(std::to_chars(to, to + 24, integer).ptr - to);
  }
  // Copies in steps of 32 bytes; kReadableSlack bytes behind the text can be read.
  void append_wide(const char* from, size_t size) {
    char* to = bytes_.get() + size_;
    size_ += size;
    for (size_t at = 0; at < size; at += 32) {
      const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + at));
      const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + at + 16));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to + at), low);
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to + at + 16), high);
    }
  }

 private:
  static constexpr size_t kSlack = 64;  // behind the capacity
  void grow(size_t bytes);

  std::unique_ptr<char[]> bytes_;
  size_t size_ = 0;
  size_t capacity_ = 0;
  size_t limit_ = size_t{16} << 20;
};

}  // namespace testloom::templating
