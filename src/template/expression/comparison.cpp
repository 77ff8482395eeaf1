#include <algorithm>
#include <compare>

#include <fmt/core.h>

#include "template/expression/dicts.h"
#include "template/expression/numbers.h"
#include "template/expression/operations.h"
#include "template/expression/searching.h"
#include "template/expression/work.h"

namespace testloom::templating {

namespace {

// Exactly: no integer is rounded to a float for it.
std::partial_ordering order_integer_and_number(int64_t integer, double number) {
  if (std::isnan(number)) return std::partial_ordering::unordered;
  if (number >= 0x1p63) return std::partial_ordering::less;
  if (number < -0x1p63) return std::partial_ordering::greater;
  const int64_t whole = static_cast<int64_t>(number);
  if (integer != whole) return integer <=> whole;
  return 0.0 <=> number - static_cast<double>(whole);
}

std::partial_ordering order_numbers(const Datum& left, const Datum& right) {
  if (is_integer(left)) {
    if (is_integer(right)) return as_integer(left) <=> as_integer(right);
    return order_integer_and_number(as_integer(left), right.number);
  }
  if (!is_integer(right)) return left.number <=> right.number;
  return 0 <=> order_integer_and_number(as_integer(right), left.number);
}

bool holds(CompareOperator op, std::partial_ordering order) {
  switch (op) {
    case CompareOperator::less:
      return order < 0;
    case CompareOperator::less_equal:
      return order <= 0;
    case CompareOperator::greater:
      return order > 0;
    default:
      return order >= 0;
  }
}

// The item itself, where a list is held against itself, is equal even if it is a nan.
bool same_or_equal(const Datum& left, const Datum& right) { return &left == &right || equal(left, right); }

bool equal_ranges(const RangeParts& left, const RangeParts& right) {
  if (left.length != right.length) return false;
  if (left.length == 0) return true;
  return left.start == right.start && (left.length == 1 || left.step == right.step);
}

bool equal_of_one_kind(const Datum& left, const Datum& right) {
  switch (left.kind) {
    case DatumKind::text:
      if (left.size != right.size) return false;
      spend(left.size);
      return left.text() == right.text();
    case DatumKind::list:
    case DatumKind::tuple:
      if (left.size != right.size) return false;
      spend_items(left.size);
      return (left.items == right.items ||
              std::equal(left.begin(), left.end(), right.begin(), same_or_equal));
    case DatumKind::dict:
      return equal_dicts(left, right);
    case DatumKind::range:
      return equal_ranges(*left.range, *right.range);
    case DatumKind::iterator:
      return left.items == right.items && left.size == right.size;
    default:
      return true;
  }
}

// One of < <= > >=.
bool ordered(CompareOperator op, const Datum& left, const Datum& right) {
  if (is_numeric(left) && is_numeric(right)) return holds(op, order_numbers(left, right));
  if (left.kind == right.kind && left.is(DatumKind::text)) {
    spend(std::min(left.size, right.size));
    return holds(op, left.text() <=> right.text());
  }
  if (left.kind == right.kind && (left.is(DatumKind::list) || left.is(DatumKind::tuple))) {
    spend_items(std::min(left.size, right.size));
    const auto [a, b] = std::mismatch(left.begin(), left.end(), right.begin(), right.end(), same_or_equal);
    if (a == left.end() || b == right.end()) return holds(op, left.size <=> right.size);
    return ordered(op, *a, *b);
  }
  throw EvaluationError{fmt::format("'{}' and '{}' have no order: {} cannot compare them", type_name(left),
                                    type_name(right), spelled(op))};
}

bool range_contains(const RangeParts& range, const Datum& item) {
  if (!is_numeric(item)) return false;
  int64_t integer = 0;
  if (is_integer(item)) {
    integer = as_integer(item);
  } else {
    if (!fits_integer(item.number) || std::trunc(item.number) != item.number) return false;
    integer = static_cast<int64_t>(item.number);
  }
  const bool within = range.step > 0 ? integer >= range.start && integer < range.stop
                                     : integer <= range.start && integer > range.stop;
  if (!within) return false;
  // The distance may take 64 bits without a sign.
  const uint64_t distance = range.step > 0
                                ? static_cast<uint64_t>(integer) - static_cast<uint64_t>(range.start)
                                : static_cast<uint64_t>(range.start) - static_cast<uint64_t>(integer);
  const uint64_t step =
      range.step > 0 ? static_cast<uint64_t>(range.step) : 0 - static_cast<uint64_t>(range.step);
  return distance % step == 0;
}

bool contains(const Datum& container, const Datum& item) {
  switch (container.kind) {
    case DatumKind::text:
      if (!item.is(DatumKind::text)) {
        throw EvaluationError{
            fmt::format("'in' looks for a text in a text, and '{}' is none", type_name(item))};
      }
      return find_text(container.text(), item.text()) != std::string_view::npos;
    case DatumKind::list:
    case DatumKind::tuple:
    case DatumKind::iterator:
      spend_items(container.size);
      return std::any_of(container.begin(), container.end(),
                         [&](const Datum& one) { return same_or_equal(one, item); });
    case DatumKind::dict:
      return find_value(container, item) != nullptr;
    case DatumKind::range:
      return range_contains(*container.range, item);
    default:
      throw EvaluationError{fmt::format("'in' cannot look into '{}'", type_name(container))};
  }
}

bool is_singleton(const Datum& datum) { return datum.is(DatumKind::none) || datum.is(DatumKind::boolean); }

bool identical(CompareOperator op, const Datum& left, const Datum& right) {
  if (!is_singleton(left) && !is_singleton(right)) {
    throw EvaluationError{fmt::format("'{}' compares only with None, True and False", spelled(op)),
                          op == CompareOperator::is ? "compare values with ==" : "compare values with !="};
  }
  return left.kind == right.kind && (left.is(DatumKind::none) || left.boolean == right.boolean);
}

}  // namespace

bool equal(const Datum& left, const Datum& right) {
  if (is_numeric(left) && is_numeric(right)) return order_numbers(left, right) == 0;
  return left.kind == right.kind && equal_of_one_kind(left, right);
}

bool compare(CompareOperator op, const Datum& left, const Datum& right) {
  switch (op) {
    case CompareOperator::equal:
      return equal(left, right);
    case CompareOperator::not_equal:
      return !equal(left, right);
    case CompareOperator::in:
      return contains(right, left);
    case CompareOperator::not_in:
      return !contains(right, left);
    case CompareOperator::is:
      return identical(op, left, right);
    case CompareOperator::is_not:
      return !identical(op, left, right);
    default:
      return ordered(op, left, right);
  }
}

}  // namespace testloom::templating
