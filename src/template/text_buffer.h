// Where a rendered text grows: bytes that are not cleared before they are written, with room behind the end
// so that copying may go in wide steps.
#pragma once

#include <cstring>
#include <memory>
#include <string_view>

#include "template/expression/arena.h"

namespace testloom::templating {

class TextBuffer {
 public:
  std::string_view text() const { return {bytes_.get(), size_}; }
  size_t size() const { return size_; }
  void clear() {
    size_ = 0;
    if (!bytes_) grow(0);
  }
  void truncate(size_t size) { size_ = size; }

  // The longest text; growing past it is an EvaluationError.
  void set_limit(size_t bytes);

  // Makes room for `bytes` more.
  void reserve(size_t bytes) {
    if (capacity_ < size_ + bytes) grow(bytes);
  }
  void append(std::string_view text) {
    reserve(text.size());
    if (!text.empty()) std::memcpy(bytes_.get() + size_, text.data(), text.size());
    size_ += text.size();
  }

  // For a writer that keeps its place itself: where the next byte goes, and where the room ends; then it says
  // how far it got. It may go on for kUnasked bytes behind the room's end, and write on for kReadableSlack
  // more.
  static constexpr size_t kUnasked = 32;
  char* place() { return bytes_.get() + size_; }
  char* room_end() { return bytes_.get() + capacity_; }
  void set_place(const char* place) { size_ = static_cast<size_t>(place - bytes_.get()); }
  // Throws when such a writer went past the limit.
  void check_limit() const {
    if (size_ > limit_) fail_for_length();
  }

 private:
  void grow(size_t bytes);
  [[noreturn]] void fail_for_length() const;

  std::unique_ptr<char[]> bytes_;
  size_t size_ = 0;
  size_t capacity_ = 0;
  size_t limit_ = size_t{16} << 20;
};

}  // namespace testloom::templating
