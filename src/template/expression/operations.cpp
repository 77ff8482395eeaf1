#include "template/expression/operations.h"

#include <fmt/core.h>

#include "template/expression/arithmetic.h"
#include "template/expression/numbers.h"
#include "template/expression/room.h"
#include "template/expression/sequences.h"

namespace testloom::templating {

namespace {

[[noreturn]] void fail_for_types(BinaryOperator op, const Datum& left, const Datum& right) {
  const std::string_view a = type_name(left), b = type_name(right);
  switch (op) {
    case BinaryOperator::add: {
      const bool one_text = left.is(DatumKind::text) != right.is(DatumKind::text);
      const bool one_number = is_numeric(left) != is_numeric(right);
      throw EvaluationError{fmt::format("'{}' and '{}' cannot be added", a, b),
                            one_text && one_number ? "make the number a text with str(...)" : ""};
    }
    case BinaryOperator::subtract:
      throw EvaluationError{fmt::format("'{}' cannot be subtracted from '{}'", b, a)};
    case BinaryOperator::multiply:
      throw EvaluationError{fmt::format("'{}' and '{}' cannot be multiplied", a, b)};
    case BinaryOperator::divide:
    case BinaryOperator::floor_divide:
      throw EvaluationError{fmt::format("'{}' cannot be divided by '{}'", a, b)};
    case BinaryOperator::modulo:
      if (left.is(DatumKind::text)) {
        throw EvaluationError{"'%' does not format texts here", "put texts together with + and str(...)"};
      }
      throw EvaluationError{fmt::format("'{}' divided by '{}' has no remainder", a, b)};
    case BinaryOperator::power:
      throw EvaluationError{fmt::format("'{}' cannot be raised to the power of '{}'", a, b)};
  }
  throw EvaluationError{"unknown operator"};
}

}  // namespace

std::string_view spelled(UnaryOperator op) {
  constexpr std::string_view kSpelled[] = {"-", "+", "not"};
  return kSpelled[static_cast<size_t>(op)];
}

std::string_view spelled(BinaryOperator op) {
  constexpr std::string_view kSpelled[] = {"+", "-", "*", "/", "//", "%", "**"};
  return kSpelled[static_cast<size_t>(op)];
}

std::string_view spelled(CompareOperator op) {
  constexpr std::string_view kSpelled[] = {"==", "!=", "<", "<=", ">", ">=", "in", "not in", "is", "is not"};
  return kSpelled[static_cast<size_t>(op)];
}

bool truth(const Datum& datum) {
  switch (datum.kind) {
    case DatumKind::absent:
    case DatumKind::none:
      return false;
    case DatumKind::boolean:
      return datum.boolean;
    case DatumKind::integer:
      return datum.integer != 0;
    case DatumKind::number:
      return datum.number != 0;
    case DatumKind::text:
    case DatumKind::list:
    case DatumKind::tuple:
    case DatumKind::dict:
      return datum.size != 0;
    case DatumKind::range:
      return datum.range->length != 0;
    case DatumKind::iterator:
      return true;
  }
  return false;
}

Datum apply(UnaryOperator op, const Datum& operand) {
  if (op == UnaryOperator::logical_not) return boolean_datum(!truth(operand));
  const bool negative = op == UnaryOperator::negative;
  if (operand.is(DatumKind::number)) return negative ? number_datum(-operand.number) : operand;
  if (!is_integer(operand)) {
    throw EvaluationError{fmt::format("'{}' is no number: {} cannot stand before it", type_name(operand),
                                      negative ? "'-'" : "'+'")};
  }
  const int64_t integer = as_integer(operand);
  if (!negative) return integer_datum(integer);
  if (integer == INT64_MIN) fail_for_large_integer();
  return integer_datum(-integer);
}

Datum apply(BinaryOperator op, const Datum& left, const Datum& right, Arena& arena) {
  if (is_numeric(left) && is_numeric(right)) return calculate(op, left, right);
  if (op == BinaryOperator::add && is_sequence(left) && left.kind == right.kind) {
    return concatenate(left, right, arena);
  }
  if (op == BinaryOperator::multiply) {
    if (is_sequence(left) && is_integer(right)) return repeat(left, as_integer(right), arena);
    if (is_integer(left) && is_sequence(right)) return repeat(right, as_integer(left), arena);
  }
  fail_for_types(op, left, right);
}

}  // namespace testloom::templating
