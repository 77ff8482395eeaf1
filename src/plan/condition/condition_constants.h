// The constants and types of a condition, written as SQL of our own.
#pragma once

#include <boost/json/object.hpp>

#include "plan/condition/condition_text.h"

namespace testloom {

// A constant of DuckDB's tree: text, a number, a boolean or NULL. Fails at `at` for others.
std::string write_constant(const boost::json::object& value, size_t at, const ConditionText& text);

// A type that may be cast to. Fails at `at` for others.
std::string write_type(const boost::json::object& type, size_t at, const ConditionText& text);

}  // namespace testloom
