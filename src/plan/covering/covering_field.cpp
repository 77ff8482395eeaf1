#include "plan/covering/covering_field.h"

namespace testloom {

namespace {

uint32_t least_factor(uint32_t n) {
  for (uint32_t factor = 2; uint64_t{factor} * factor <= n; ++factor) {
    if (n % factor == 0) return factor;
  }
  return n;
}

// The exponent, if it is a power of the prime; otherwise 0.
uint32_t degree_of(uint32_t n, uint32_t prime) {
  uint32_t degree = 0;
  for (; n % prime == 0; n /= prime) ++degree;
  return n == 1 ? degree : 0;
}

// Polynomials over the integers modulo a prime are numbers whose digits to that base are the coefficients.
uint32_t add(uint32_t a, uint32_t b, uint32_t prime) {
  uint32_t sum = 0;
  for (uint32_t unit = 1; a > 0 || b > 0; unit *= prime, a /= prime, b /= prime)
    sum += unit * ((a + b) % prime);
  return sum;
}

uint32_t scale(uint32_t a, uint32_t by, uint32_t prime) {
  uint32_t scaled = 0;
  for (uint32_t unit = 1; a > 0; unit *= prime, a /= prime) scaled += unit * (a % prime * by % prime);
  return scaled;
}

}  // namespace

Field::Field(uint32_t at_least) : size_(at_least < 2 ? 2 : at_least) {
  for (;; ++size_) {
    const uint32_t prime = least_factor(size_);
    if (prime == size_) return;
    const uint32_t degree = size_ <= 128 ? degree_of(size_, prime) : 0;
    for (uint32_t polynomial = 1; degree > 0 && polynomial < size_; ++polynomial) {
      if (make_tables(prime, degree, polynomial)) return;
    }
  }
}

// Products modulo x^degree - polynomial; false when two elements other than 0 have the product 0.
bool Field::make_tables(uint32_t prime, uint32_t degree, uint32_t polynomial) {
  uint32_t top = 1;
  for (uint32_t i = 1; i < degree; ++i) top *= prime;
  sums_.assign(size_ * size_, 0);
  products_.assign(size_ * size_, 0);
  for (uint32_t a = 0; a < size_; ++a) {
    for (uint32_t b = 0; b < size_; ++b) {
      uint32_t product = 0;
      for (uint32_t power = top; power > 0; power /= prime) {  // Horner, b's highest digit first
        const uint32_t shifted = product % top * prime;
        product = add(shifted, scale(polynomial, product / top, prime), prime);
        product = add(product, scale(a, b / power % prime, prime), prime);
      }
      if (a > 0 && b > 0 && product == 0) return false;
      sums_[a * size_ + b] = static_cast<uint8_t>(add(a, b, prime));
      products_[a * size_ + b] = static_cast<uint8_t>(product);
    }
  }
  return true;
}

uint32_t Field::on_line(uint32_t x, uint32_t slope, uint32_t y) const {
  if (sums_.empty()) return static_cast<uint32_t>((x + uint64_t{slope} * y) % size_);
  return sums_[x * size_ + products_[slope * size_ + y]];
}

}  // namespace testloom
