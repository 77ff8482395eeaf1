// A set of pairs of values of two axes, as bits; each pair is there twice, so that the partners of a value on
// one axis lie side by side, 64 a word.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "plan/covering/covering_rows.h"

namespace testloom {

class PairSet {
 public:
  // Empty. At least two axes.
  explicit PairSet(std::span<const uint32_t> sizes);

  void fill();

  bool has(const ValuePair& pair) const {
    return partners(pair.a, pair.x, pair.b)[pair.y / 64] >> (pair.y % 64) & 1;
  }
  void insert(const ValuePair& pair);  // that is not in it

  // Both for all pairs that a row has; they say how many of them were new or were there.
  size_t insert_row(RowView row);
  size_t erase_row(RowView row);
  size_t count_row(RowView row) const;

  // The values of `axis` that are in a pair with this one, words_of(axis) words.
  const uint64_t* partners(uint32_t of_axis, uint32_t value, uint32_t axis) const {
    return bits_.data() + start_[of_axis] + value * stride_[of_axis] + within_[of_axis * axes_ + axis];
  }
  size_t words_of(uint32_t axis) const { return (sizes_[axis] + size_t{63}) / 64; }

  // How many pairs of these axes are in it; a < b.
  size_t size(uint32_t a, uint32_t b) const { return sizes_of_pairs_[a * axes_ + b]; }
  size_t size() const { return size_; }

 private:
  uint64_t& word(uint32_t a, uint32_t x, uint32_t b, uint32_t y) {
    return bits_[start_[a] + x * stride_[a] + within_[a * axes_ + b] + y / 64];
  }
  void flip(const ValuePair& pair);

  uint32_t axes_;
  std::vector<uint32_t> sizes_;
  std::vector<size_t> start_, stride_, within_;  // in words: of an axis, of its value, of the partner's axis
  std::vector<uint64_t> bits_;
  std::vector<size_t> sizes_of_pairs_;
  size_t size_ = 0;
};

}  // namespace testloom
