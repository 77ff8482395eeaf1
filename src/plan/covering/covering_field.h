// A finite field of at least so many elements, numbered from 0: the lines of its plane are the columns of an
// orthogonal array.
#pragma once

#include <cstdint>
#include <vector>

namespace testloom {

class Field {
 public:
  // The least there is, up to 128 elements; beyond, the least whose size is a prime.
  explicit Field(uint32_t at_least);

  uint32_t size() const { return size_; }
  // x + slope * y
  uint32_t on_line(uint32_t x, uint32_t slope, uint32_t y) const;

 private:
  bool make_tables(uint32_t prime, uint32_t degree, uint32_t polynomial);

  uint32_t size_;
  std::vector<uint8_t> sums_, products_;  // of all two elements, where the size is no prime
};

}  // namespace testloom
