// Hands a condition to DuckDB's parser and gets its tree as JSON.
#pragma once

#include <boost/json/value.hpp>

#include "plan/condition/condition_text.h"

namespace testloom {

// DuckDB's tree of the one expression that the text is. A query_location in it counts from the text's first
// byte once kConditionStart is taken off. Numbers that are not integers are strings in it: Boost.JSON does
// not read them to the last digit. Fails for a text that is no expression, or more than one.
boost::json::value parse_condition(Connection& connection, const ConditionText& text);

constexpr size_t kConditionStart = 17;  // the length of what stands before the text when it is parsed

// How deep an expression may be nested.
constexpr int kDeepestCondition = 100;
[[noreturn]] void fail_too_deep(const ConditionText& text, size_t at);

}  // namespace testloom
