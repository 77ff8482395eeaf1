// The functions that a condition may call: scalar ones of DuckDB that read nothing but their arguments, give
// the same every time, and make nothing much larger than what they were given.
#pragma once

#include <span>
#include <string_view>

namespace testloom {

// Functions that users call by name, sorted, in lower case.
std::span<const std::string_view> condition_functions();

// Whether DuckDB's parser makes a call of this out of an operator, or of a phrase such as LIKE ... ESCAPE.
bool is_condition_operator(std::string_view name);
bool is_condition_function(std::string_view name);

}  // namespace testloom
