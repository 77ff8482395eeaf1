#include "template/expression/functions.h"

#include <algorithm>

#include "template/expression/collecting.h"
#include "template/expression/converting.h"

namespace testloom::templating {

namespace {
// In the order of Function.
constexpr std::string_view kNames[] = {"len", "min", "max", "sorted", "range", "enumerate",
                                       "zip", "str", "int", "float",  "round", "abs"};
}  // namespace

std::span<const std::string_view> function_names() { return kNames; }

std::optional<Function> find_function(std::string_view name) {
  const auto found = std::find(std::begin(kNames), std::end(kNames), name);
  if (found == std::end(kNames)) return std::nullopt;
  return static_cast<Function>(found - std::begin(kNames));
}

Datum call(Function function, const Arguments& arguments, Arena& arena) {
  switch (function) {
    case Function::len:
      return call_len(arguments);
    case Function::min:
      return call_min(arguments, arena);
    case Function::max:
      return call_max(arguments, arena);
    case Function::sorted:
      return call_sorted(arguments, arena);
    case Function::range:
      return call_range(arguments, arena);
    case Function::enumerate:
      return call_enumerate(arguments, arena);
    case Function::zip:
      return call_zip(arguments, arena);
    case Function::str:
      return call_str(arguments, arena);
    case Function::int_:
      return call_int(arguments, arena);
    case Function::float_:
      return call_float(arguments, arena);
    case Function::round:
      return call_round(arguments);
    case Function::abs:
      return call_abs(arguments);
  }
  return none_datum();
}

}  // namespace testloom::templating
