// Text in upper, lower and title case, by the full rules of Unicode.
#pragma once

#include "template/expression/arena.h"
#include "template/expression/datum.h"

namespace testloom::templating {

Datum upper_case(std::string_view text, Arena& arena);
Datum lower_case(std::string_view text, Arena& arena);
Datum title_case(std::string_view text, Arena& arena);

}  // namespace testloom::templating
