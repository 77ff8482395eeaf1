// Writes values into YAML. What is written is read alike by readers of YAML 1.1 and 1.2.
#pragma once

#include <string>
#include <string_view>

#include "template/expression/datum.h"
#include "template/rule.h"

namespace testloom::templating {

// By a rule yaml_*. Of the placement's flags:
//   yaml_double  begins  the scalar goes over several lines, and a reader drops blanks at a line's ends
//   yaml_double, yaml_single, yaml_value
//                alone   it is a mapping's key, or in one: a scalar, not too long for a reader to find the
//                colon
//   yaml_block   begins  it begins a line of a folded scalar, where a blank or nothing would change the folds
// Returns why the value cannot stand there, or nothing; then `out` is unspecified behind its old end.
std::string_view append_yaml(std::string& out, const Placement& placement, const Datum& value);

}  // namespace testloom::templating
