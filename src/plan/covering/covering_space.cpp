#include "plan/covering/covering_space.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace testloom {

namespace {

constexpr uint64_t kAskedOneByOne = uint64_t{1} << 20;  // rows
constexpr uint64_t kTries = 1024;                       // rows, before a pair counts as impossible
constexpr uint64_t kFewRowsAValue = 4 * kTries;
constexpr uint64_t kFirstTries = uint64_t{1} << 20;  // rows, before there are none
constexpr uint64_t kUncounted = ~uint64_t{0};

// The request's axes, the largest first; made up ones of one value behind them, until there are two.
std::vector<uint32_t> order_axes(const std::vector<uint32_t>& sizes) {
  std::vector<uint32_t> order(std::max<size_t>(sizes.size(), 2));
  std::iota(order.begin(), order.end(), 0);
  const auto size_of = [&](uint32_t axis) { return axis < sizes.size() ? sizes[axis] : 1; };
  std::ranges::stable_sort(order, [&](uint32_t a, uint32_t b) { return size_of(a) > size_of(b); });
  return order;
}

std::vector<uint32_t> sizes_in_order(const std::vector<uint32_t>& sizes, const std::vector<uint32_t>& order) {
  std::vector<uint32_t> ordered;
  for (const uint32_t axis : order) ordered.push_back(axis < sizes.size() ? sizes[axis] : 1);
  return ordered;
}

uint64_t multiply(uint64_t a, uint64_t b) { return a > kUncounted / b ? kUncounted : a * b; }

}  // namespace

AllowedRows::AllowedRows(const CoveringRequest& request, Draws& draws)
    : request_(request),
      axis_of_(order_axes(request.sizes)),
      sizes_(sizes_in_order(request.sizes, axis_of_)),
      possible_(sizes_),
      witnesses_(sizes_.size()),
      trial_(sizes_.size()),
      asked_(request.sizes.size()) {
  for (const uint32_t size : sizes_) {
    std::vector<uint32_t>& labels = labels_.emplace_back(size);
    std::iota(labels.begin(), labels.end(), 0);
    draws.shuffle(labels);
    product_ = multiply(product_, size);
    if (has_condition()) rows_with_.emplace_back(size);
  }
  if (!has_condition()) {
    possible_.fill();
  } else if (product_ <= kAskedOneByOne) {
    find_all();
  } else {
    find_by_search(draws);
  }
}

bool AllowedRows::contains(RowView row) {
  if (!has_condition()) return true;
  if (!answers_.empty()) {
    const uint64_t number = number_of(row);
    return answers_[number / 64] >> (number % 64) & 1;
  }
  for (size_t axis = 0; axis < row.size(); ++axis) {
    if (axis_of_[axis] < asked_.size()) asked_[axis_of_[axis]] = labels_[axis][row[axis]];
  }
  return request_.allowed(asked_);
}

size_t AllowedRows::least_rows() const {
  size_t least = 0;
  for (uint32_t a = 0; a < sizes_.size(); ++a) {
    for (uint32_t b = a + 1; b < sizes_.size(); ++b) least = std::max(least, possible_.size(a, b));
  }
  return least;
}

bool AllowedRows::ask() {
  if (!contains(trial_)) return false;
  if (possible_.insert_row(trial_) == 0) return true;
  for (size_t axis = 0; axis < trial_.size(); ++axis)
    rows_with_[axis][trial_[axis]].push_back(static_cast<uint32_t>(witnesses_.size()));
  witnesses_.push(trial_);
  return true;
}

void AllowedRows::find_all() {
  std::vector<uint64_t> answers((product_ + 63) / 64);
  uint64_t number = 0;
  do {
    if (ask()) answers[number / 64] |= uint64_t{1} << (number % 64);
    ++number;
  } while (advance(trial_));
  answers_ = std::move(answers);
}

// First a row for each value, again while that finds more to start from; then one for each pair.
void AllowedRows::find_by_search(Draws& draws) {
  if (!search({}, 0, kFirstTries, draws)) return;
  for (uint32_t axis = 0; axis < sizes_.size(); ++axis) {
    for (uint32_t value = 0; has_few_rows_a_value(axis) && value < sizes_[axis]; ++value) {
      if (rows_with_[axis][value].empty()) try_all_with({axis, value, 0, 0}, 1);
    }
  }
  while (find_rows_with_values(draws)) {
  }
  const auto axes = static_cast<uint32_t>(sizes_.size());
  for (uint32_t a = 0; a < axes; ++a) {
    for (uint32_t b = a + 1; b < axes; ++b) {
      for (uint32_t x = 0; x < sizes_[a]; ++x) {
        for (uint32_t y = 0; y < sizes_[b]; ++y) {
          if (!possible_.has({a, x, b, y})) find_rows_with({a, x, b, y}, draws);
        }
      }
    }
  }
}

// Whether it found any for values that had none.
bool AllowedRows::find_rows_with_values(Draws& draws) {
  bool found = false;
  for (uint32_t axis = 0; axis < sizes_.size(); ++axis) {
    if (has_few_rows_a_value(axis)) continue;
    for (uint32_t value = 0; value < sizes_[axis]; ++value) {
      if (!rows_with_[axis][value].empty()) continue;
      found |= search_near_known(axis, value, draws) || search({axis, value, 0, 0}, 1, kTries, draws);
    }
  }
  return found;
}

void AllowedRows::find_rows_with(const ValuePair& pair, Draws& draws) {
  const bool a_is_dead = rows_with_[pair.a][pair.x].empty(), b_is_dead = rows_with_[pair.b][pair.y].empty();
  if ((a_is_dead && has_few_rows_a_value(pair.a)) || (b_is_dead && has_few_rows_a_value(pair.b))) return;
  const uint64_t others = product_ == kUncounted ? kUncounted : product_ / sizes_[pair.a] / sizes_[pair.b];
  if (others <= kTries) {
    try_all_with(pair, 2);
  } else if (!a_is_dead && !b_is_dead) {
    search(pair, 2, kTries, draws);
  }
}

// Conditions mostly look at few axes, so three tries in four take after known rows, one with each of the
// values: the one, the other, or a mix. Every second time two values are drawn anew. The fourth is a random
// row.
bool AllowedRows::search(const ValuePair& pair, int fixed, uint64_t tries, Draws& draws) {
  const auto axes = static_cast<uint32_t>(sizes_.size());
  for (uint64_t i = 0; i < tries; ++i) {
    if (i % 4 == 3 || witnesses_.size() == 0) {
      trial_ = random_row(draws);
    } else {
      const RowView one = known_row(pair.a, pair.x, draws), other = known_row(pair.b, pair.y, draws);
      for (uint32_t axis = 0; axis < axes; ++axis) {
        const bool take_other = i % 4 == 1 || (i % 4 == 2 && draws.below(2) == 1);
        trial_[axis] = take_other ? other[axis] : one[axis];
      }
      for (uint32_t drawn = 0; i % 8 >= 4 && drawn < 2; ++drawn) {
        const uint32_t axis = draws.below(axes);
        trial_[axis] = draws.below(sizes_[axis]);
      }
    }
    if (fixed >= 1) trial_[pair.a] = pair.x;
    if (fixed >= 2) trial_[pair.b] = pair.y;
    if (ask()) return true;
  }
  return false;
}

// Puts the value into a known row, and then each value of each other axis, one at a time.
bool AllowedRows::search_near_known(uint32_t axis, uint32_t value, Draws& draws) {
  const RowView known = witnesses_[draws.below(static_cast<uint32_t>(witnesses_.size()))];
  trial_.assign(known.begin(), known.end());
  trial_[axis] = value;
  for (uint32_t other = 0; other < sizes_.size(); ++other) {
    if (other == axis) continue;
    const uint32_t before = trial_[other];
    for (trial_[other] = 0; trial_[other] < sizes_[other]; ++trial_[other]) {
      if (ask()) return true;
    }
    trial_[other] = before;
  }
  return false;
}

// A random one with the value, or any where none is known.
RowView AllowedRows::known_row(uint32_t axis, uint32_t value, Draws& draws) const {
  const std::vector<uint32_t>& rows = rows_with_[axis][value];
  if (rows.empty()) return witnesses_[draws.below(static_cast<uint32_t>(witnesses_.size()))];
  return witnesses_[rows[draws.below(static_cast<uint32_t>(rows.size()))]];
}

bool AllowedRows::try_all_with(const ValuePair& pair, int fixed) {
  std::ranges::fill(trial_, 0);
  trial_[pair.a] = pair.x;
  if (fixed >= 2) trial_[pair.b] = pair.y;
  for (;;) {
    if (ask()) return true;
    size_t axis = 0;
    for (; axis < trial_.size(); ++axis) {
      if (axis == pair.a || (fixed >= 2 && axis == pair.b)) continue;
      if (++trial_[axis] < sizes_[axis]) break;
      trial_[axis] = 0;
    }
    if (axis == trial_.size()) return false;
  }
}

RowView AllowedRows::witness(const ValuePair& pair, Draws& draws) const {
  const std::vector<uint32_t>& ones = rows_with_[pair.a][pair.x];
  const std::vector<uint32_t>& others = rows_with_[pair.b][pair.y];
  const std::vector<uint32_t>& rows = ones.size() <= others.size() ? ones : others;
  const size_t first = draws.below(static_cast<uint32_t>(rows.size()));
  for (size_t i = 0;; ++i) {
    const RowView row = witnesses_[rows[(first + i) % rows.size()]];
    if (row[pair.a] == pair.x && row[pair.b] == pair.y) return row;
  }
}

bool AllowedRows::has_few_rows_a_value(uint32_t axis) const {
  return product_ < kUncounted && product_ / sizes_[axis] <= kFewRowsAValue;
}

bool AllowedRows::advance(std::vector<uint32_t>& row) const {
  for (size_t axis = row.size(); axis-- > 0;) {
    if (++row[axis] < sizes_[axis]) return true;
    row[axis] = 0;
  }
  return false;
}

std::vector<uint32_t> AllowedRows::row_of(uint64_t number) const {
  std::vector<uint32_t> row(sizes_.size());
  for (size_t axis = row.size(); axis-- > 0; number /= sizes_[axis])
    row[axis] = static_cast<uint32_t>(number % sizes_[axis]);
  return row;
}

uint64_t AllowedRows::number_of(RowView row) const {
  uint64_t number = 0;
  for (size_t axis = 0; axis < row.size(); ++axis) {
    number = product_ == kUncounted ? Draws::mix(number + row[axis] + 1) : number * sizes_[axis] + row[axis];
  }
  return number;
}

std::vector<uint32_t> AllowedRows::random_row(Draws& draws) const {
  std::vector<uint32_t> row;
  for (const uint32_t size : sizes_) row.push_back(draws.below(size));
  return row;
}

std::vector<uint32_t> AllowedRows::to_request(RowView row) const {
  std::vector<uint32_t> out(request_.sizes.size());
  for (size_t axis = 0; axis < row.size(); ++axis) {
    if (axis_of_[axis] < out.size()) out[axis_of_[axis]] = labels_[axis][row[axis]];
  }
  return out;
}

}  // namespace testloom
