// Literals of JSON, which are YAML's flow style too.
#pragma once

#include <string>
#include <string_view>

#include "template/expression/datum.h"

namespace testloom::templating {

// YAML differs from JSON in how it escapes characters beyond U+FFFF, in which floats its readers know, and in
// that a long key needs a sign of its own.
enum class FlowDialect { json, yaml };

// The inside of a string literal in double quotes: decodes to exactly `text`, which must be UTF-8. What does
// not print is an escape.
void append_flow_text(std::string& out, std::string_view text, FlowDialect dialect);

// A whole literal. Returns why there is none, or nothing.
std::string_view append_flow_value(std::string& out, const Datum& value, FlowDialect dialect);

}  // namespace testloom::templating
