#include "template/expression/number_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/text.h"
#include "template/expression/room.h"
#include "template/expression/unicode.h"
#include "template/python_words.h"

namespace testloom::templating {

NumberText::NumberText(int64_t integer) {
  char* const from = characters_.data();
  size_ = static_cast<size_t>(std::to_chars(from, from + characters_.size(), integer).ptr - from);
}

void NumberText::add(std::string_view text) {
  std::copy(text.begin(), text.end(), characters_.data() + size_);
  size_ += text.size();
}

void NumberText::add_zeros(int count) {
  for (; count > 0; --count) characters_[size_++] = '0';
}

NumberText::NumberText(double number) {
  if (std::signbit(number) && !std::isnan(number)) add("-");
  if (std::isfinite(number)) {
    add_finite(std::fabs(number));
  } else {
    add(std::isnan(number) ? "nan" : "inf");
  }
}

void NumberText::add_finite(double size) {
  // d.ddde±xx, with the fewest digits that read back as the number
  std::array<char, 32> scientific;
  const auto end =
      std::to_chars(scientific.data(), scientific.data() + 32, size, std::chars_format::scientific);
  const char* const mark = std::find(scientific.data(), end.ptr, 'e');
  int exponent = 0;
  std::from_chars(mark + (mark[1] == '+' ? 2 : 1), end.ptr, exponent);
  std::array<char, 20> digits;
  size_t count = 0;
  for (const char* c = scientific.data(); c != mark; ++c) {
    if (*c != '.') digits[count++] = *c;
  }
  const std::string_view all(digits.data(), count);
  if (exponent < -4 || exponent >= 16) {
    add(all.substr(0, 1));
    if (count > 1) add(".");
    add(all.substr(1));
    add(std::string_view(mark, static_cast<size_t>(end.ptr - mark)));
  } else if (exponent < 0) {
    add("0.");
    add_zeros(-exponent - 1);
    add(all);
  } else {
    const size_t whole = static_cast<size_t>(exponent) + 1;
    add(all.substr(0, whole));
    add_zeros(static_cast<int>(whole) - static_cast<int>(count));
    add(".");
    add(count > whole ? all.substr(whole) : "0");
  }
}

namespace {

bool is_ascii_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// The text in ASCII without blanks around it, as CPython reads numbers: digits of other scripts as 0 to 9,
// other blanks as ' ', everything else as '?'.
std::string_view in_ascii(std::string_view text, Arena& arena) {
  if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<uint8_t>(c) >= 0x7F; })) {
    char* const to = room_for_text(arena, text.size());
    size_t size = 0;
    for (size_t at = 0; at < text.size();) {
      const CodePoint point = decode_utf8(text, at);
      at += point.length;
      const int digit = decimal_digit(point.value);
      to[size++] = point.value < 0x7F      ? static_cast<char>(point.value)
                   : is_space(point.value) ? ' '
                   : digit >= 0            ? static_cast<char>('0' + digit)
                                           : '?';
    }
    text = {to, size};
  }
  while (!text.empty() && is_ascii_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_ascii_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool take_sign(std::string_view& text) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative || (!text.empty() && text.front() == '+')) text.remove_prefix(1);
  return negative;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

int digit_value(char c) {
  if (is_digit(c)) return c - '0';
  const char letter = lower(c);
  return letter >= 'a' && letter <= 'z' ? letter - 'a' + 10 : 36;
}

int prefix_base(std::string_view text) {
  if (text.size() < 2 || text[0] != '0') return 0;
  const char letter = lower(text[1]);
  return letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;
}

}  // namespace

IntegerReading read_integer(std::string_view text, int base, Arena& arena, int64_t& integer) {
  text = in_ascii(text, arena);
  const bool negative = take_sign(text);
  const int prefixed = prefix_base(text);
  const bool bare_zeros_only = base == 0 && prefixed == 0 && !text.empty() && text.front() == '0';
  if (prefixed != 0 && (base == 0 || base == prefixed)) {
    base = prefixed;
    text.remove_prefix(2);
    if (!text.empty() && text.front() == '_') text.remove_prefix(1);
  }
  if (base == 0) base = 10;
  bool after_digit = false, too_large = false;
  int64_t sum = 0;  // negative, where there is room for one more
  for (const char c : text) {
    const int digit = digit_value(c);
    if (digit >= base && (c != '_' || !after_digit)) return IntegerReading::no_integer;
    after_digit = c != '_';
    if (!after_digit) continue;
    too_large =
        too_large || __builtin_mul_overflow(sum, base, &sum) || __builtin_sub_overflow(sum, digit, &sum);
  }
  if (!after_digit) return IntegerReading::no_integer;
  if (bare_zeros_only && (sum != 0 || too_large)) return IntegerReading::no_integer;
  if (too_large || (!negative && sum == INT64_MIN)) return IntegerReading::too_large;
  integer = negative ? sum : -sum;
  return IntegerReading::read;
}

namespace {

bool equal_ignoring_case(std::string_view text, std::string_view lower_case) {
  return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                    [](char a, char b) { return lower(a) == b; });
}

// Takes digits off the front; false when there are none.
bool take_digits(std::string_view& text) {
  size_t at = 0;
  while (at < text.size() && is_digit(text[at])) ++at;
  text.remove_prefix(at);
  return at > 0;
}

bool is_decimal(std::string_view text) {
  const bool whole = take_digits(text);
  bool fraction = false;
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    fraction = take_digits(text);
  }
  if (!whole && !fraction) return false;
  if (!text.empty() && lower(text.front()) == 'e') {
    text.remove_prefix(1);
    take_sign(text);
    if (!take_digits(text)) return false;
  }
  return text.empty();
}

// Whether a decimal that no float can hold is too large rather than too small.
bool is_large(std::string_view text) {
  const size_t mark = std::min(text.find_first_of("eE"), text.size());
  const std::string_view digits = text.substr(0, mark);
  const size_t point = std::min(digits.find('.'), mark);
  const size_t first = digits.find_first_of("123456789");
  std::string_view power = text.substr(std::min(mark + 1, text.size()));
  const bool negative = take_sign(power);
  power.remove_prefix(std::min(power.find_first_not_of('0'), power.size()));
  int64_t exponent = power.size() <= 18 ? 0 : INT64_MAX / 4;
  if (exponent == 0) std::from_chars(power.data(), power.data() + power.size(), exponent);
  if (negative) exponent = -exponent;
  return exponent + static_cast<int64_t>(point) - static_cast<int64_t>(first) > 0;
}

double decimal_value(std::string_view text) {
  double number = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end.ec != std::errc::result_out_of_range) return number;
  return is_large(text) ? std::numeric_limits<double>::infinity() : 0.0;
}

// Without the underscores, each of which must stand between two digits; nothing when one does not.
std::optional<std::string_view> without_underscores(std::string_view text, Arena& arena) {
  if (text.find('_') == std::string_view::npos) return text;
  char* const to = room_for_text(arena, text.size());
  size_t size = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      to[size++] = text[i];
    } else if (i == 0 || i + 1 == text.size() || !is_digit(text[i - 1]) || !is_digit(text[i + 1])) {
      return std::nullopt;
    }
  }
  return std::string_view(to, size);
}

}  // namespace

std::optional<double> read_number(std::string_view text, Arena& arena) {
  const std::optional<std::string_view> plain = without_underscores(in_ascii(text, arena), arena);
  if (!plain) return std::nullopt;
  std::string_view rest = *plain;
  const bool negative = take_sign(rest);
  double number = 0;
  if (equal_ignoring_case(rest, "inf") || equal_ignoring_case(rest, "infinity")) {
    number = std::numeric_limits<double>::infinity();
  } else if (equal_ignoring_case(rest, "nan")) {
    number = std::numeric_limits<double>::quiet_NaN();
  } else if (is_decimal(rest)) {
    number = decimal_value(rest);
  } else {
    return std::nullopt;
  }
  return negative ? -number : number;
}

namespace {

// Rounds a whole number's digits to a multiple of 10 ** zeros, to even; `beyond` says whether its number goes
// on behind them. Gives the digits left, in place.
std::string_view round_digits(char* digits, size_t count, size_t zeros, bool beyond) {
  const size_t kept = count - zeros;  // digits[-1] can be written
  const char* const rest = digits + kept;
  const bool more = beyond || std::any_of(rest + 1, rest + zeros, [](char c) { return c != '0'; });
  const bool odd = kept > 0 && (digits[kept - 1] - '0') % 2 != 0;
  const bool up = *rest > '5' || (*rest == '5' && (more || odd));
  std::fill(digits + kept, digits + count, '0');
  if (!up) return {digits, count};
  size_t at = kept;
  while (at > 0 && digits[at - 1] == '9') digits[--at] = '0';
  if (at > 0) {
    ++digits[at - 1];
    return {digits, count};
  }
  digits[-1] = '1';
  return {digits - 1, count + 1};
}

double rounded_to_tens(double size, size_t zeros) {
  std::array<char, 320> buffer;
  char* const digits = buffer.data() + 1;
  const double whole = std::trunc(size);
  const auto end = std::to_chars(digits, buffer.data() + buffer.size(), whole, std::chars_format::fixed, 0);
  const size_t count = static_cast<size_t>(end.ptr - digits);
  if (zeros > count) return 0;
  return decimal_value(round_digits(digits, count, zeros, whole != size));
}

}  // namespace

double rounded(double number, int64_t digits) {
  if (digits > 323) return number;
  if (digits < -308) return 0.0 * number;
  const double size = std::fabs(number);
  double result = 0;
  if (digits < 0) {
    result = rounded_to_tens(size, static_cast<size_t>(-digits));
  } else {
    std::array<char, 700> text;
    const auto end = std::to_chars(text.data(), text.data() + text.size(), size, std::chars_format::fixed,
                                   static_cast<int>(digits));
    result = decimal_value({text.data(), static_cast<size_t>(end.ptr - text.data())});
  }
  return std::copysign(result, number);
}

}  // namespace testloom::templating
