// Values as text: Python's str() and repr(), and numbers both ways.
#pragma once

#include <string>
#include <string_view>

#include "template/expression/datum.h"

namespace testloom::templating {

// str(datum) and repr(datum), byte for byte as CPython writes them. An iterator cannot be written: throws an
// EvaluationError.
void append_str(std::string& out, const Datum& datum);
void append_repr(std::string& out, const Datum& datum);

// repr(number): the shortest digits that read back as it, "1e+16" and "1e-05" where Python uses an exponent,
// "inf", "nan".
void append_number(std::string& out, double number);

// repr(datum), cut short for a message.
std::string shown(const Datum& datum);

}  // namespace testloom::templating
