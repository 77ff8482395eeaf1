// The functions and the methods of str that expressions can call, with Python's parameters and results.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "template/expression/arena.h"
#include "template/expression/datum.h"

namespace testloom::templating {

enum class Function : uint8_t { len, min, max, sorted, range, enumerate, zip, str, int_, float_, round, abs };
enum class Method : uint8_t {
  replace,
  upper,
  lower,
  title,
  split,
  rsplit,
  join,
  strip,
  lstrip,
  rstrip,
  startswith,
  endswith,
  removeprefix,
  removesuffix
};

std::optional<Function> find_function(std::string_view name);
std::optional<Method> find_method(std::string_view name);
std::span<const std::string_view> function_names();
std::span<const std::string_view> method_names();

struct Keyword {
  std::string_view name;
  Datum value;
};
struct Arguments {
  std::span<const Datum> positional;
  std::span<const Keyword> keywords;  // no name twice
};

// Throw an EvaluationError where Python raises: the wrong number of arguments, an argument that the function
// does not know, a wrong type, a value that is no number, ...
Datum call(Function function, const Arguments& arguments, Arena& arena);
Datum call(Method method, std::string_view self, const Arguments& arguments, Arena& arena);

}  // namespace testloom::templating
