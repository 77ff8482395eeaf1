#include "plan/covering/covering_pairs.h"

namespace testloom {

PairSet::PairSet(std::span<const uint32_t> sizes)
    : axes_(static_cast<uint32_t>(sizes.size())),
      sizes_(sizes.begin(), sizes.end()),
      start_(axes_),
      stride_(axes_),
      within_(size_t{axes_} * axes_),
      sizes_of_pairs_(size_t{axes_} * axes_) {
  size_t words = 0;
  for (uint32_t a = 0; a < axes_; ++a) {
    start_[a] = words;
    for (uint32_t b = 0; b < axes_; ++b) {
      within_[a * axes_ + b] = stride_[a];
      if (b != a) stride_[a] += words_of(b);
    }
    words += stride_[a] * sizes_[a];
  }
  bits_.resize(words);
}

void PairSet::fill() {
  size_ = 0;
  for (uint32_t a = 0; a < axes_; ++a) {
    for (uint32_t b = 0; b < axes_; ++b) {
      if (a == b) continue;
      for (uint32_t x = 0; x < sizes_[a]; ++x) {
        for (size_t i = 0; i < words_of(b); ++i) word(a, x, b, static_cast<uint32_t>(i * 64)) = ~uint64_t{0};
        if (sizes_[b] % 64 != 0) word(a, x, b, sizes_[b] - 1) = (uint64_t{1} << (sizes_[b] % 64)) - 1;
      }
      if (a < b) size_ += sizes_of_pairs_[a * axes_ + b] = size_t{sizes_[a]} * sizes_[b];
    }
  }
}

void PairSet::flip(const ValuePair& pair) {
  word(pair.a, pair.x, pair.b, pair.y) ^= uint64_t{1} << (pair.y % 64);
  word(pair.b, pair.y, pair.a, pair.x) ^= uint64_t{1} << (pair.x % 64);
}

void PairSet::insert(const ValuePair& pair) {
  flip(pair);
  ++sizes_of_pairs_[pair.a < pair.b ? pair.a * axes_ + pair.b : pair.b * axes_ + pair.a];
  ++size_;
}

size_t PairSet::insert_row(RowView row) {
  const size_t before = size_;
  for (uint32_t a = 0; a < axes_; ++a) {
    for (uint32_t b = a + 1; b < axes_; ++b) {
      const ValuePair pair{a, row[a], b, row[b]};
      if (!has(pair)) insert(pair);
    }
  }
  return size_ - before;
}

size_t PairSet::erase_row(RowView row) {
  const size_t before = size_;
  for (uint32_t a = 0; a < axes_; ++a) {
    for (uint32_t b = a + 1; b < axes_; ++b) {
      const ValuePair pair{a, row[a], b, row[b]};
      if (!has(pair)) continue;
      flip(pair);
      --sizes_of_pairs_[a * axes_ + b];
      --size_;
    }
  }
  return before - size_;
}

size_t PairSet::count_row(RowView row) const {
  size_t count = 0;
  for (uint32_t a = 0; a < axes_; ++a) {
    for (uint32_t b = a + 1; b < axes_; ++b) count += has({a, row[a], b, row[b]});
  }
  return count;
}

}  // namespace testloom
