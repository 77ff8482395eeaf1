// A number of parameters that is never wrong by overflow: what would pass the limit stays above it, and says
// so.
#pragma once

#include <cstdint>

namespace testloom {

class Quantity {
 public:
  static constexpr int64_t limit = 10'000'000'000'000'000;  // no model has this many

  constexpr Quantity() = default;
  constexpr Quantity(int64_t value) : value_(value < 0 ? 0 : value > limit ? limit + 1 : value) {}

  constexpr int64_t value() const { return value_; }
  constexpr bool too_large() const { return value_ > limit; }

  friend constexpr Quantity operator+(Quantity a, Quantity b) { return Quantity(a.value_ + b.value_); }
  friend constexpr Quantity operator*(Quantity a, Quantity b) {
    const auto product = static_cast<__int128>(a.value_) * b.value_;
    return Quantity(product > limit ? limit + 1 : static_cast<int64_t>(product));
  }
  constexpr Quantity& operator+=(Quantity other) { return *this = *this + other; }

 private:
  int64_t value_ = 0;  // in [0, limit + 1]
};

}  // namespace testloom
