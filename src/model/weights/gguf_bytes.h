// Reads a GGUF header from front to back: integers in the file's byte order, texts with their length before
// them. Nothing is believed: what a length says has to be there, and the whole that is read is limited.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/weights/byte_source.h"

namespace testloom {

class GgufBytes {
 public:
  explicit GgufBytes(ByteSource& source) : source_(source) {}

  void set_big_endian() { big_endian_ = true; }
  uint64_t at() const { return at_; }
  uint64_t left() const { return source_.size() - at_; }

  uint8_t u8() { return static_cast<uint8_t>(integer(1)); }
  uint16_t u16() { return static_cast<uint16_t>(integer(2)); }
  uint32_t u32() { return static_cast<uint32_t>(integer(4)); }
  uint64_t u64() { return integer(8); }
  // A text of at most `limit` bytes; `what` names it in the error.
  std::string text(uint64_t limit, std::string_view what);
  std::string raw(uint64_t length) { return std::string(bytes(length)); }
  void skip_text() { skip(u64()); }
  // Goes past bytes without reading them.
  void skip(uint64_t count);
  // What stands next is `count` things of at least `size` bytes each, or the header is refused now.
  void expect(uint64_t count, uint64_t size, std::string_view what);

  // Throws the Error (spec) with the byte where the reading stands.
  [[noreturn]] void refuse(const std::string& problem, std::string hint = {}) const;

 private:
  uint64_t integer(unsigned size);
  std::string_view bytes(uint64_t count);
  [[noreturn]] void refuse_length() const;

  ByteSource& source_;
  bool big_endian_ = false;
  uint64_t at_ = 0;
  uint64_t read_ = 0;   // bytes that were read from the source
  std::string window_;  // of the file, from window_begin_ on
  uint64_t window_begin_ = 0;
};

}  // namespace testloom
