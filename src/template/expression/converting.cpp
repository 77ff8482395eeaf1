#include "template/expression/converting.h"

#include <cmath>

#include <fmt/core.h>

#include "base/text.h"
#include "template/expression/arguments.h"
#include "template/expression/number_text.h"
#include "template/expression/numbers.h"
#include "template/expression/operations.h"
#include "template/expression/room.h"
#include "template/expression/written.h"

namespace testloom::templating {

namespace {

constexpr Signature kStr = {"str", {"object"}, 0, 0, 1};
constexpr Signature kInt = {"int", {"x", "base"}, 0, 1, 2};
constexpr Signature kFloat = {"float", {"x"}, 0, 1, 1};
constexpr Signature kRound = {"round", {"number", "ndigits"}, 1, 0, 2};
constexpr Signature kAbs = {"abs", {"x"}, 1, 1, 1};

Datum text_copy(std::string_view text, Arena& arena) {
  char* to = room_for_text(arena, text.size());
  std::copy(text.begin(), text.end(), to);
  return text_datum({to, text.size()});
}

// A float without a fraction as an integer.
Datum whole_number(double number) {
  if (!std::isfinite(number)) {
    throw EvaluationError{fmt::format("{} is no number that an integer can be", NumberText(number).text())};
  }
  if (!fits_integer(number)) fail_for_large_integer();
  return integer_datum(static_cast<int64_t>(number));
}

Datum integer_of_text(std::string_view text, int base, Arena& arena) {
  int64_t integer = 0;
  switch (read_integer(text, base, arena, integer)) {
    case IntegerReading::read:
      return integer_datum(integer);
    case IntegerReading::too_large:
      fail_for_large_integer();
    case IntegerReading::no_integer:
      break;
  }
  const std::string in_base = base == 10 ? "" : fmt::format(" in base {}", base);
  const bool fraction = base == 10 && read_number(text, arena);
  throw EvaluationError{fmt::format("{} is no integer{}", quote(text, 60), in_base),
                        fraction ? "int(float(...)) reads such a number and drops its fraction" : ""};
}

// To a multiple of 10 ** zeros, the nearest, half to even.
int64_t rounded_integer(int64_t integer, uint64_t zeros) {
  if (zeros > 19) return 0;
  const bool negative = integer < 0;
  const uint64_t size = negative ? 0 - static_cast<uint64_t>(integer) : static_cast<uint64_t>(integer);
  uint64_t unit = 1;
  for (; zeros > 0; --zeros) unit *= 10;
  const uint64_t rest = size % unit, half = unit / 2;
  const bool up = rest > half || (rest == half && size / unit % 2 != 0);
  if (!up) return negative ? integer + static_cast<int64_t>(rest) : integer - static_cast<int64_t>(rest);
  int64_t result = 0;
  const int64_t missing = static_cast<int64_t>(unit - rest);
  if (negative ? __builtin_sub_overflow(integer, missing, &result)
               : __builtin_add_overflow(integer, missing, &result)) {
    fail_for_large_integer();
  }
  return result;
}

Datum rounded_number(double number, int64_t digits) {
  if (!std::isfinite(number)) return number_datum(number);
  const double result = rounded(number, digits);
  if (std::isinf(result)) throw EvaluationError{"the rounded number is too large for a float"};
  return number_datum(result);
}

}  // namespace

Datum call_str(const Arguments& arguments, Arena& arena) {
  const Datum* object = bind(kStr, arguments)[0];
  if (!object) return text_copy("", arena);
  switch (object->kind) {
    case DatumKind::text:
      return *object;
    case DatumKind::integer:
      return text_copy(NumberText(object->integer).text(), arena);
    case DatumKind::number:
      return text_copy(NumberText(object->number).text(), arena);
    case DatumKind::boolean:
      return text_copy(object->boolean ? "True" : "False", arena);
    default:
      std::string written;
      append_str(written, *object);
      return text_copy(written, arena);
  }
}

Datum call_int(const Arguments& arguments, Arena& arena) {
  const auto [x, base, none] = bind(kInt, arguments);
  if (base) {
    const int64_t given = integer_argument(kInt, 1, *base);
    if (!x || !x->is(DatumKind::text)) throw EvaluationError{"int() takes a base only with a text"};
    if (given != 0 && (given < 2 || given > 36)) {
      throw EvaluationError{fmt::format("the base of int() is 0 or 2 to 36, not {}", given)};
    }
    return integer_of_text(x->text(), static_cast<int>(given), arena);
  }
  if (!x) return integer_datum(0);
  if (is_integer(*x)) return integer_datum(as_integer(*x));
  if (x->is(DatumKind::number)) return whole_number(std::trunc(x->number));
  if (x->is(DatumKind::text)) return integer_of_text(x->text(), 10, arena);
  throw EvaluationError{fmt::format("int() takes a number or a text, not '{}'", type_name(*x))};
}

Datum call_float(const Arguments& arguments, Arena& arena) {
  const Datum* x = bind(kFloat, arguments)[0];
  if (!x) return number_datum(0);
  if (is_numeric(*x)) return number_datum(as_number(*x));
  if (!x->is(DatumKind::text)) {
    throw EvaluationError{fmt::format("float() takes a number or a text, not '{}'", type_name(*x))};
  }
  const std::optional<double> number = read_number(x->text(), arena);
  if (!number) throw EvaluationError{fmt::format("{} is no number", quote(x->text(), 60))};
  return number_datum(*number);
}

Datum call_round(const Arguments& arguments) {
  const auto [number, ndigits, none] = bind(kRound, arguments);
  if (!is_numeric(*number)) {
    throw EvaluationError{fmt::format("round() takes a number, not '{}'", type_name(*number))};
  }
  if (!ndigits || ndigits->is(DatumKind::none)) {
    if (is_integer(*number)) return integer_datum(as_integer(*number));
    return whole_number(std::nearbyint(number->number));  // half to even
  }
  const int64_t digits = integer_argument(kRound, 1, *ndigits);
  if (!is_integer(*number)) return rounded_number(number->number, digits);
  const int64_t integer = as_integer(*number);
  if (digits >= 0) return integer_datum(integer);
  return integer_datum(rounded_integer(integer, 0 - static_cast<uint64_t>(digits)));
}

Datum call_abs(const Arguments& arguments) {
  const Datum& x = *bind(kAbs, arguments)[0];
  if (x.is(DatumKind::number)) return number_datum(std::fabs(x.number));
  if (!is_integer(x)) throw EvaluationError{fmt::format("abs() takes a number, not '{}'", type_name(x))};
  const int64_t integer = as_integer(x);
  return integer < 0 ? apply(UnaryOperator::negative, integer_datum(integer)) : integer_datum(integer);
}

}  // namespace testloom::templating
