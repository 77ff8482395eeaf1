// Between values as callers own them and data as rendering sees them.
#pragma once

#include "template/expression/arena.h"
#include "template/expression/datum.h"
#include "testloom/template.h"

namespace testloom::templating {

inline constexpr int kDeepestValue = 64;

// Copies the value into the arena. Throws an Error (usage) for text that is not UTF-8 and for what is nested
// too deep; `name` names the value in it.
Datum to_datum(const Value& value, std::string_view name, Arena& arena);
Value to_value(const Datum& datum);

}  // namespace testloom::templating
