// Python's operators on values. Each gives what CPython gives, or throws an EvaluationError; integers past 64
// bits are such an error. Texts are UTF-8 and counted by code points.
#pragma once

#include <optional>

#include "template/expression/arena.h"
#include "template/expression/datum.h"

namespace testloom::templating {

enum class UnaryOperator : uint8_t { negative, positive, logical_not };
enum class BinaryOperator : uint8_t { add, subtract, multiply, divide, floor_divide, modulo, power };
enum class CompareOperator : uint8_t {
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  in,
  not_in,
  is,
  is_not
};

// As Python's source has them: "-", "//", "not in", ...
std::string_view spelled(UnaryOperator op);
std::string_view spelled(BinaryOperator op);
std::string_view spelled(CompareOperator op);

// bool(datum)
bool truth(const Datum& datum);

Datum apply(UnaryOperator op, const Datum& operand);
Datum apply(BinaryOperator op, const Datum& left, const Datum& right, Arena& arena);
// `is` and `is not` only where one side is None, True or False.
bool compare(CompareOperator op, const Datum& left, const Datum& right);
bool equal(const Datum& left, const Datum& right);

// container[index]; of a dict, the value of a key.
Datum subscript(const Datum& container, const Datum& index, Arena& arena);
// container[start:stop:step], each part None or an integer.
Datum slice(const Datum& container, const Datum& start, const Datum& stop, const Datum& step, Arena& arena);
// The value of a text key of a dict, or null.
const Datum* find_key(const Datum& dict, std::string_view key);

// A dict of these entries in order; a key given again keeps its place and takes the later value, as in
// Python. Throws for keys that cannot be hashed.
Datum make_dict(const DatumEntry* entries, size_t count, Arena& arena);

// Goes through what Python's `for` can go through: list, tuple, dict (its keys), text (its characters),
// range, iterator. The constructor throws for anything else.
class Iteration {
 public:
  Iteration(const Datum& iterable, Arena& arena);
  // How many items there are in all.
  size_t length() const { return length_; }
  // The item at `index` < length(); to be called with ascending indices.
  Datum at(size_t index);

 private:
  Datum iterable_;
  Arena* arena_;
  size_t length_ = 0;
  size_t byte_ = 0;  // text: where the next character begins
  size_t next_ = 0;  // text: its index
};

}  // namespace testloom::templating
