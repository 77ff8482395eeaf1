#include "template/expression/arithmetic.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "template/expression/numbers.h"
#include "template/expression/room.h"

namespace testloom::templating {

namespace {

__extension__ using Wide = unsigned __int128;

[[noreturn]] void fail_for_zero() { throw EvaluationError{"a division by zero has no result"}; }

uint64_t magnitude(int64_t integer) {
  return integer < 0 ? 0 - static_cast<uint64_t>(integer) : static_cast<uint64_t>(integer);
}

int width(uint64_t bits) { return static_cast<int>(std::bit_width(bits)); }

// left / right, rounded once: both may be integers that no float is equal to.
double quotient(int64_t left, int64_t right) {
  constexpr int64_t kExact = int64_t{1} << 53;
  if (left >= -kExact && left <= kExact && right >= -kExact && right <= kExact) {
    return static_cast<double>(left) / static_cast<double>(right);
  }
  if (left == 0) return right < 0 ? -0.0 : 0.0;
  const uint64_t above = magnitude(left), below = magnitude(right);
  // At least 55 bits of the quotient: 53, one to round by, and one that says whether anything follows.
  const int shift = std::max(0, 55 + width(below) - width(above));
  const Wide shifted = static_cast<Wide>(above) << shift;
  const uint64_t bits = static_cast<uint64_t>(shifted / below) | (shifted % below != 0);
  const double rounded = std::ldexp(static_cast<double>(bits), -shift);
  return (left < 0) == (right < 0) ? rounded : -rounded;
}

int64_t floor_quotient(int64_t left, int64_t right) {
  if (right == 0) fail_for_zero();
  if (right == -1) {
    if (left == INT64_MIN) fail_for_large_integer();
    return -left;
  }
  const int64_t whole = left / right;
  return left % right != 0 && (left < 0) != (right < 0) ? whole - 1 : whole;
}

int64_t floor_remainder(int64_t left, int64_t right) {
  if (right == 0) fail_for_zero();
  if (right == -1) return 0;
  const int64_t rest = left % right;
  return rest != 0 && (rest < 0) != (right < 0) ? rest + right : rest;
}

int64_t product(int64_t left, int64_t right) {
  int64_t result;
  if (__builtin_mul_overflow(left, right, &result)) fail_for_large_integer();
  return result;
}

int64_t integer_power(int64_t base, int64_t exponent) {
  if (exponent == 0 || base == 1) return 1;
  if (base == 0) return 0;
  if (base == -1) return exponent % 2 == 0 ? 1 : -1;
  if (exponent > 63) fail_for_large_integer();
  int64_t result = 1;
  for (;;) {
    if (exponent % 2 != 0) result = product(result, base);
    exponent /= 2;
    if (exponent == 0) return result;
    base = product(base, base);
  }
}

bool is_odd(double number) { return std::fmod(std::fabs(number), 2.0) == 1.0; }

double power_of_infinity(double base, double exponent) {
  const bool odd = is_odd(exponent);
  if (exponent > 0) return odd ? base : std::fabs(base);
  return odd ? std::copysign(0.0, base) : 0.0;
}

double power_to_infinity(double base, double exponent) {
  const double size = std::fabs(base);
  if (size == 1) return 1;
  return (exponent > 0) == (size > 1) ? std::fabs(exponent) : 0.0;
}

// As CPython's float_pow: the special cases by hand, since C libraries differ there.
double number_power(double base, double exponent) {
  if (exponent == 0) return 1;
  if (std::isnan(base)) return base;
  if (std::isnan(exponent)) return base == 1 ? 1 : exponent;
  if (std::isinf(exponent)) return power_to_infinity(base, exponent);
  if (std::isinf(base)) return power_of_infinity(base, exponent);
  if (base == 0) {
    if (exponent < 0) throw EvaluationError{"0 cannot be raised to a negative power"};
    return is_odd(exponent) ? base : 0.0;
  }
  if (base < 0 && exponent != std::floor(exponent)) {
    throw EvaluationError{
        "a negative number cannot be raised to a power with a fraction: the result is complex"};
  }
  const double size = std::fabs(base);
  const double result = size == 1 ? 1 : std::pow(size, exponent);
  if (std::isinf(result)) throw EvaluationError{"the power is too large for a float"};
  return base < 0 && is_odd(exponent) ? -result : result;
}

double number_remainder(double left, double right) {
  if (right == 0) fail_for_zero();
  const double rest = std::fmod(left, right);
  if (rest == 0) return std::copysign(0.0, right);
  return (rest < 0) != (right < 0) ? rest + right : rest;
}

// As CPython's float_floor_div.
double number_floor_quotient(double left, double right) {
  if (right == 0) fail_for_zero();
  const double rest = std::fmod(left, right);
  double whole = (left - rest) / right;
  if (rest != 0 && (rest < 0) != (right < 0)) whole -= 1;
  if (whole == 0) return std::copysign(0.0, left / right);
  const double floor = std::floor(whole);
  return whole - floor > 0.5 ? floor + 1 : floor;
}

Datum calculate_integers(BinaryOperator op, int64_t left, int64_t right) {
  int64_t result = 0;
  bool too_large = false;
  switch (op) {
    case BinaryOperator::add:
      too_large = __builtin_add_overflow(left, right, &result);
      break;
    case BinaryOperator::subtract:
      too_large = __builtin_sub_overflow(left, right, &result);
      break;
    case BinaryOperator::multiply:
      result = product(left, right);
      break;
    case BinaryOperator::divide:
      if (right == 0) fail_for_zero();
      return number_datum(quotient(left, right));
    case BinaryOperator::floor_divide:
      result = floor_quotient(left, right);
      break;
    case BinaryOperator::modulo:
      result = floor_remainder(left, right);
      break;
    case BinaryOperator::power:
      if (right < 0) return number_datum(number_power(static_cast<double>(left), static_cast<double>(right)));
      result = integer_power(left, right);
      break;
  }
  if (too_large) fail_for_large_integer();
  return integer_datum(result);
}

double calculate_numbers(BinaryOperator op, double left, double right) {
  switch (op) {
    case BinaryOperator::add:
      return left + right;
    case BinaryOperator::subtract:
      return left - right;
    case BinaryOperator::multiply:
      return left * right;
    case BinaryOperator::divide:
      if (right == 0) fail_for_zero();
      return left / right;
    case BinaryOperator::floor_divide:
      return number_floor_quotient(left, right);
    case BinaryOperator::modulo:
      return number_remainder(left, right);
    case BinaryOperator::power:
      return number_power(left, right);
  }
  return 0;
}

}  // namespace

Datum calculate(BinaryOperator op, const Datum& left, const Datum& right) {
  if (is_integer(left) && is_integer(right)) {
    return calculate_integers(op, as_integer(left), as_integer(right));
  }
  return number_datum(calculate_numbers(op, as_number(left), as_number(right)));
}

}  // namespace testloom::templating
