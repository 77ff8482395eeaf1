// Writes a value by the rule of the place where it stands.
#pragma once

#include <string>
#include <string_view>

#include "template/expression/datum.h"
#include "template/rule.h"

namespace testloom::templating {

// Appends `value` to `out`. `following` is the fixed text behind the placeholder. In a comment, `out` holds
// the rendered line so far, whose last character may be escaped, since words can be put together across
// values. Returns why the value cannot stand there, or nothing; then `out` is unspecified behind its old end.
// Text must be UTF-8.
std::string_view append_value(std::string& out, const Placement& placement, const Datum& value,
                              std::string_view following);

}  // namespace testloom::templating
