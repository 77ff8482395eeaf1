#include "plan/covering/covering_build.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <optional>
#include <utility>

#include "plan/covering/covering_field.h"

namespace testloom {

namespace {

uint32_t nth_bit(uint64_t mask, uint32_t n) {
  for (; n > 0; --n) mask &= mask - 1;
  return static_cast<uint32_t>(std::countr_zero(mask));
}

class Builder {
 public:
  Builder(AllowedRows& space, const BuildOptions& options, Draws& draws)
      : space_(space),
        options_(options),
        draws_(draws),
        sizes_(space.sizes()),
        axes_(static_cast<uint32_t>(sizes_.size())),
        open_(space.possible()),
        next_seed_(size_t{axes_} * axes_),
        row_(axes_),
        best_(axes_),
        order_(axes_),
        rows_(axes_) {
    if (options.on_lines) field_.emplace(sizes_[1]);
    std::iota(order_.begin(), order_.end(), 0);
  }

  RowList build() {
    while (open_.size() > 0 && (options_.limit == 0 || rows_.size() < options_.limit)) {
      const auto [a, b] = fullest_axes();
      size_t most = 0;
      for (uint32_t i = 0; i < options_.candidates; ++i) {
        fill_row(open_pair(a, b));
        const size_t count = options_.candidates == 1 ? 1 : open_.count_row(row_);
        if (count <= most) continue;
        most = count;
        best_.swap(row_);
      }
      open_.erase_row(best_);
      rows_.push(best_);
    }
    return std::move(rows_);
  }

 private:
  // The two axes with the most open pairs.
  std::pair<uint32_t, uint32_t> fullest_axes() const {
    std::pair<uint32_t, uint32_t> fullest{0, 1};
    for (uint32_t a = 0; a < axes_; ++a) {
      for (uint32_t b = a + 1; b < axes_; ++b) {
        if (open_.size(a, b) > open_.size(fullest.first, fullest.second)) fullest = {a, b};
      }
    }
    return fullest;
  }

  // Open pairs of two axes along diagonals, so that the first ones have all values; from a random one when
  // there are candidates to choose from.
  ValuePair open_pair(uint32_t a, uint32_t b) {
    const uint64_t count = uint64_t{sizes_[a]} * sizes_[b];
    uint64_t& next = next_seed_[a * axes_ + b];
    if (options_.candidates > 1) next = draws_.next() % count;
    for (;; next = (next + 1) % count) {
      const auto x = static_cast<uint32_t>(next % sizes_[a]);
      const auto y = static_cast<uint32_t>((next / sizes_[a] + x) % sizes_[b]);
      if (open_.has({a, x, b, y})) return {a, x, b, y};
    }
  }

  void fill_row(const ValuePair& seed) {
    row_[seed.a] = seed.x;
    row_[seed.b] = seed.y;
    set_ = {seed.a, seed.b};
    const bool on_lines = field_ && seed.a == 0 && seed.b == 1;
    if (!on_lines) draws_.shuffle(order_);
    if (on_lines) std::ranges::sort(order_);
    for (const uint32_t axis : order_) {
      if (axis == seed.a || axis == seed.b) continue;
      std::optional<uint32_t> value;
      if (on_lines) value = value_on_line(axis);
      row_[axis] = value ? *value : best_value(axis);
      set_.push_back(axis);
    }
    if (space_.has_condition() && !space_.contains(row_)) make_allowed(seed);
  }

  // The orthogonal array's value, if all its pairs with what is set are open.
  std::optional<uint32_t> value_on_line(uint32_t axis) const {
    if (axis > field_->size()) return {};
    const uint32_t value = field_->on_line(row_[0] % field_->size(), axis - 1, row_[1]);
    if (value >= sizes_[axis]) return {};
    for (const uint32_t other : set_) {
      if (!open_.has({other, row_[other], axis, value})) return {};
    }
    return value;
  }

  // A value with the most open pairs with what is set, a random one of several; one that is possible with
  // each value set, if there is any.
  uint32_t best_value(uint32_t axis) {
    if (space_.has_condition()) {
      if (const auto value = choose_value(axis, true)) return *value;
    }
    return *choose_value(axis, false);
  }

  std::optional<uint32_t> choose_value(uint32_t axis, bool only_possible) {
    std::optional<uint32_t> chosen;
    uint32_t most = 0, ties = 0;
    for (size_t word = 0; word < open_.words_of(axis); ++word) {
      const uint32_t values = std::min<uint32_t>(64, sizes_[axis] - static_cast<uint32_t>(word * 64));
      uint64_t mask = ~uint64_t{0} >> (64 - values);
      if (only_possible) {
        for (const uint32_t other : set_) mask &= space_.possible().partners(other, row_[other], axis)[word];
      }
      if (mask == 0) continue;
      const uint32_t count = keep_fullest(axis, word, mask);
      if (chosen && count < most) continue;
      if (!chosen || count > most) ties = 0;
      const auto here = static_cast<uint32_t>(std::popcount(mask));
      most = count;
      ties += here;
      const uint32_t drawn = draws_.below(ties);
      if (drawn < here) chosen = static_cast<uint32_t>(word * 64) + nth_bit(mask, drawn);
    }
    return chosen;
  }

  // Counts the open pairs of 64 values at once, in binary, a word for each digit; leaves those with the most.
  uint32_t keep_fullest(uint32_t axis, size_t word, uint64_t& mask) const {
    std::array<uint64_t, 32> digits;
    size_t used = 0;
    for (const uint32_t other : set_) {
      uint64_t carry = open_.partners(other, row_[other], axis)[word];
      for (size_t i = 0; i < used && carry != 0; ++i) {
        const uint64_t both = digits[i] & carry;
        digits[i] ^= carry;
        carry = both;
      }
      if (carry != 0) digits[used++] = carry;
    }
    uint32_t count = 0;
    for (size_t i = used; i-- > 0;) {
      count <<= 1;
      if ((mask & digits[i]) == 0) continue;
      mask &= digits[i];
      ++count;
    }
    return count;
  }

  // The allowed row known for the seed, moved towards what the greedy wanted as far as that stays allowed.
  void make_allowed(const ValuePair& seed) {
    const RowView known = space_.witness(seed, draws_);
    wanted_ = row_;
    row_.assign(known.begin(), known.end());
    for (const uint32_t axis : order_) {
      const uint32_t before = row_[axis];
      if (wanted_[axis] == before) continue;
      row_[axis] = wanted_[axis];
      if (!space_.contains(row_)) row_[axis] = before;
    }
  }

  AllowedRows& space_;
  const BuildOptions& options_;
  Draws& draws_;
  const std::vector<uint32_t>& sizes_;
  uint32_t axes_;
  std::optional<Field> field_;
  PairSet open_;                     // possible and not in a row yet
  std::vector<uint64_t> next_seed_;  // of each two axes
  std::vector<uint32_t> row_, best_, wanted_, order_, set_;
  RowList rows_;
};

}  // namespace

RowList build_rows(AllowedRows& space, const BuildOptions& options, Draws& draws) {
  return Builder(space, options, draws).build();
}

// One row of zeros, and below it in each column another set of ones, of one size above half of the rows: two
// such sets share a row, and each has a row that the other lacks.
RowList build_binary_rows(const std::vector<uint32_t>& sizes) {
  const auto columns = static_cast<uint64_t>(std::ranges::count(sizes, 2u));
  uint32_t below = 0, ones = 0;
  for (uint64_t sets = 0; columns > 0 && sets < columns;) {
    ++below;
    ones = below / 2 + 1;
    sets = 1;
    for (uint32_t i = 0; i < ones; ++i) sets = sets * (below - i) / (i + 1);
  }
  RowList rows(sizes.size());
  for (uint32_t row = 0; row <= below; ++row) {
    std::vector<uint32_t> cells(sizes.size());
    uint64_t set = (uint64_t{1} << ones) - 1;
    for (size_t axis = 0; row > 0 && axis < columns; ++axis) {  // the axes of two values come first
      cells[axis] = set >> (row - 1) & 1;
      const uint64_t lowest = set & (~set + 1), raised = set + lowest;  // the next number with as many ones
      set = raised | ((set ^ raised) >> 2) / lowest;
    }
    rows.push(cells);
  }
  return rows;
}

}  // namespace testloom
