#include "plan/covering/covering_search.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

namespace testloom {

namespace {

constexpr uint32_t kNowhere = std::numeric_limits<uint32_t>::max();
constexpr uint32_t kImpossible = std::numeric_limits<uint32_t>::max() / 2;  // a count that is never 0 or 1

class Reduction {
 public:
  Reduction(AllowedRows& space, RowList rows, uint64_t effort, Draws& draws)
      : space_(space),
        effort_(effort),
        draws_(draws),
        sizes_(space.sizes()),
        axes_(static_cast<uint32_t>(sizes_.size())),
        first_(size_t{axes_} * axes_),
        rows_(std::move(rows)),
        tabu_until_(rows_.size() * axes_),
        order_(axes_) {
    std::iota(order_.begin(), order_.end(), 0);
    uint32_t pairs = 0;
    for (uint32_t a = 0; a < axes_; ++a) {
      for (uint32_t b = a + 1; b < axes_; ++b) {
        first_[a * axes_ + b] = pairs;
        blocks_.push_back({pairs, a, b});
        pairs += sizes_[a] * sizes_[b];
      }
    }
    count_.resize(pairs);
    place_.assign(pairs, kNowhere);
    for (uint32_t id = 0; id < pairs; ++id) {
      if (!space.possible().has(pair_of(id))) count_[id] = kImpossible;
    }
    for (size_t row = 0; row < rows_.size(); ++row) {
      for_each_pair(row, [&](uint32_t id) { ++count_[id]; });
    }
  }

  RowList reduce() {
    const size_t least = space_.least_rows();
    for (;;) {
      remove_needless();
      RowList covering = rows_;
      if (rows_.size() <= least) return covering;
      remove_cheapest();
      while (!open_.empty()) {
        if (effort_ == 0) return covering;
        step();
      }
    }
  }

 private:
  struct Block {
    uint32_t first, a, b;
  };
  struct Move {
    size_t row = 0;
    uint32_t axis = 0, value = 0;
    int64_t gain = 0;
  };

  uint32_t id_of(uint32_t a, uint32_t x, uint32_t b, uint32_t y) const {
    return a < b ? first_[a * axes_ + b] + x * sizes_[b] + y : first_[b * axes_ + a] + y * sizes_[a] + x;
  }
  ValuePair pair_of(uint32_t id) const {
    const auto behind = std::ranges::upper_bound(blocks_, id, {}, &Block::first);
    const Block& block = *std::prev(behind);
    const uint32_t cell = id - block.first;
    return {block.a, cell / sizes_[block.b], block.b, cell % sizes_[block.b]};
  }

  template <typename Use>
  void for_each_pair(size_t row, const Use& use) const {
    const RowView cells = rows_[row];
    for (uint32_t a = 0; a < axes_; ++a) {
      for (uint32_t b = a + 1; b < axes_; ++b) use(id_of(a, cells[a], b, cells[b]));
    }
  }

  void spend(uint64_t pairs) { effort_ -= std::min(effort_, pairs); }

  void cover(uint32_t id) {
    if (count_[id]++ > 0 || place_[id] == kNowhere) return;
    open_[place_[id]] = open_.back();
    place_[open_.back()] = place_[id];
    place_[id] = kNowhere;
    open_.pop_back();
  }
  void uncover(uint32_t id) {
    if (--count_[id] > 0) return;
    place_[id] = static_cast<uint32_t>(open_.size());
    open_.push_back(id);
  }

  // How many pairs only this row has.
  size_t count_own_pairs(size_t row) {
    size_t own = 0;
    for_each_pair(row, [&](uint32_t id) { own += count_[id] == 1; });
    spend(axes_ * axes_ / 2);
    return own;
  }

  void remove(size_t row) {
    for_each_pair(row, [&](uint32_t id) { uncover(id); });
    const size_t last = rows_.size() - 1;
    for (uint32_t axis = 0; axis < axes_; ++axis)
      tabu_until_[row * axes_ + axis] = tabu_until_[last * axes_ + axis];
    rows_.remove(row);
  }

  void remove_needless() {
    for (size_t row = rows_.size(); row-- > 0;) {
      if (count_own_pairs(row) == 0) remove(row);
    }
  }

  // The row whose loss opens the fewest pairs.
  void remove_cheapest() {
    size_t cheapest = 0, fewest = std::numeric_limits<size_t>::max();
    const size_t first = draws_.below(static_cast<uint32_t>(rows_.size()));
    for (size_t i = 0; i < rows_.size(); ++i) {
      const size_t row = (first + i) % rows_.size();
      const size_t own = count_own_pairs(row);
      if (own >= fewest) continue;
      fewest = own;
      cheapest = row;
    }
    remove(cheapest);
  }

  // One change: a row that has one value of an open pair gets the other as well, where that gains most.
  void step() {
    ++now_;
    const ValuePair pair = pair_of(open_[draws_.below(static_cast<uint32_t>(open_.size()))]);
    Move best;
    uint32_t ties = 0;
    for (size_t row = 0; row < rows_.size(); ++row) {
      const RowView cells = rows_[row];
      Move move{row, pair.b, pair.y};
      if (cells[pair.a] != pair.x) {
        if (cells[pair.b] != pair.y) continue;
        move = {row, pair.a, pair.x};
      }
      if (tabu_until_[row * axes_ + move.axis] > now_) continue;
      move.gain = gain_of(move);
      if (ties > 0 && move.gain < best.gain) continue;
      if (space_.has_condition() && !is_allowed(move)) continue;
      if (ties == 0 || move.gain > best.gain) ties = 0;
      if (draws_.below(++ties) == 0) best = move;
    }
    spend(rows_.size());
    if (ties > 0) {
      apply(best);
    } else {
      force(pair);
    }
  }

  int64_t gain_of(const Move& move) {
    const RowView cells = rows_[move.row];
    const uint32_t axis = move.axis, from = cells[axis], to = move.value;
    int64_t gain = 0;
    for (uint32_t other = 0; other < axis; ++other) {
      const uint32_t at = first_[other * axes_ + axis] + cells[other] * sizes_[axis];
      gain += (count_[at + to] == 0) - (count_[at + from] == 1);
    }
    for (uint32_t other = axis + 1; other < axes_; ++other) {
      const uint32_t at = first_[axis * axes_ + other] + cells[other];
      gain += (count_[at + to * sizes_[other]] == 0) - (count_[at + from * sizes_[other]] == 1);
    }
    spend(axes_);
    return gain;
  }

  bool is_allowed(const Move& move) {
    const std::span<uint32_t> cells = rows_.edit(move.row);
    const uint32_t before = std::exchange(cells[move.axis], move.value);
    const bool allowed = space_.contains(cells);
    cells[move.axis] = before;
    spend(axes_);
    return allowed;
  }

  void apply(const Move& move) {
    const std::span<uint32_t> cells = rows_.edit(move.row);
    for (uint32_t other = 0; other < axes_; ++other) {
      if (other == move.axis) continue;
      uncover(id_of(move.axis, cells[move.axis], other, cells[other]));
      cover(id_of(move.axis, move.value, other, cells[other]));
    }
    cells[move.axis] = move.value;
    tabu_until_[move.row * axes_ + move.axis] = now_ + 2 + draws_.below(8);
  }

  // Puts the pair into some row; where that is not allowed, the row becomes one known to have the pair, with
  // as much of what it was as stays allowed.
  void force(const ValuePair& pair) {
    const size_t row = draws_.below(static_cast<uint32_t>(rows_.size()));
    const RowView cells = rows_[row];
    std::vector<uint32_t> after(cells.begin(), cells.end());
    after[pair.a] = pair.x;
    after[pair.b] = pair.y;
    if (!space_.contains(after)) {
      const RowView known = space_.witness(pair, draws_);
      after.assign(known.begin(), known.end());
      draws_.shuffle(order_);
      for (const uint32_t axis : order_) {
        if (axis == pair.a || axis == pair.b) continue;
        const uint32_t before = std::exchange(after[axis], cells[axis]);
        if (before != cells[axis] && !space_.contains(after)) after[axis] = before;
      }
      spend(axes_ * axes_);
    }
    for (uint32_t axis = 0; axis < axes_; ++axis) {
      if (after[axis] != cells[axis]) apply({row, axis, after[axis]});
    }
    spend(axes_);
  }

  AllowedRows& space_;
  uint64_t effort_;
  Draws& draws_;
  const std::vector<uint32_t>& sizes_;
  uint32_t axes_;
  std::vector<uint32_t> first_;  // the first pair's number, of each two axes a < b
  std::vector<Block> blocks_;    // the same in order
  RowList rows_;
  std::vector<uint32_t> count_;  // of each pair: how many rows have it
  std::vector<uint32_t> open_;   // the pairs that no row has
  std::vector<uint32_t> place_;  // of each pair in open_
  std::vector<uint64_t> tabu_until_;
  uint64_t now_ = 0;
  std::vector<uint32_t> order_;
};

}  // namespace

RowList reduce_rows(AllowedRows& space, RowList rows, uint64_t effort, Draws& draws) {
  return Reduction(space, std::move(rows), effort, draws).reduce();
}

}  // namespace testloom
