// What the stages of pairwise sampling hand to each other: rows in one piece of memory, pairs of values, and
// draws that are the same on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace testloom {

using RowView = std::span<const uint32_t>;

// Value x of axis a with value y of axis b; a != b.
struct ValuePair {
  uint32_t a, x, b, y;
};

// Rows of one width.
class RowList {
 public:
  explicit RowList(size_t width) : width_(width) {}

  size_t width() const { return width_; }
  size_t size() const { return cells_.size() / width_; }
  RowView operator[](size_t i) const { return {cells_.data() + i * width_, width_}; }
  std::span<uint32_t> edit(size_t i) { return {cells_.data() + i * width_, width_}; }

  void push(RowView row) { cells_.insert(cells_.end(), row.begin(), row.end()); }

  // The last row takes its place.
  void remove(size_t i) {
    const size_t last = size() - 1;
    for (size_t axis = 0; axis < width_; ++axis) cells_[i * width_ + axis] = cells_[last * width_ + axis];
    cells_.resize(last * width_);
  }

 private:
  size_t width_;
  std::vector<uint32_t> cells_;
};

// SplitMix64 (Steele, Lea, Flood, 2014); the standard library's distributions differ between libraries.
class Draws {
 public:
  explicit Draws(uint64_t seed) : state_(seed) {}

  uint64_t next() {
    state_ += 0x9e3779b97f4a7c15;
    return mix(state_);
  }
  // 0 to n - 1; n at least 1. Less even than 2^-32 * n.
  uint32_t below(uint32_t n) { return static_cast<uint32_t>(((next() >> 32) * n) >> 32); }

  template <typename Values>
  void shuffle(Values& values) {
    for (size_t i = values.size(); i > 1; --i)
      std::swap(values[i - 1], values[below(static_cast<uint32_t>(i))]);
  }

  static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

 private:
  uint64_t state_;
};

}  // namespace testloom
