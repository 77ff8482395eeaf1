// Writes values into JSON.
#pragma once

#include <string>
#include <string_view>

#include "template/expression/datum.h"
#include "template/rule.h"

namespace testloom::templating {

// By a rule json_*. Returns why the value cannot stand there, or nothing; then `out` is unspecified behind
// its old end.
std::string_view append_json(std::string& out, const Placement& placement, const Datum& value);

}  // namespace testloom::templating
