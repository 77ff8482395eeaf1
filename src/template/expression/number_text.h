// Numbers written and read as Python does.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "template/expression/arena.h"

namespace testloom::templating {

// One number as text, on the stack.
class NumberText {
 public:
  explicit NumberText(int64_t integer);
  explicit NumberText(double number);  // as repr()
  std::string_view text() const { return {characters_.data(), size_}; }

 private:
  void add(std::string_view text);
  void add_finite(double size);
  void add_zeros(int count);

  std::array<char, 40> characters_;
  size_t size_ = 0;
};

enum class IntegerReading : uint8_t { read, no_integer, too_large };

// What int(text, base) reads, base being 0 or 2 to 36: blanks around, a sign, a prefix that fits the base,
// underscores between digits, decimal digits of any script. `arena` is used for long texts.
IntegerReading read_integer(std::string_view text, int base, Arena& arena, int64_t& integer);

// What float(text) reads, or nothing.
std::optional<double> read_number(std::string_view text, Arena& arena);

// round(number, digits) of a finite number, rounded once from its exact value; infinite when it is too large.
double rounded(double number, int64_t digits);

}  // namespace testloom::templating
