// Writes a value by the rule of the place where it stands.
#pragma once

#include <string>
#include <string_view>

#include "template/rule.h"
#include "testloom/template.h"

namespace testloom::templating {

// Appends `value` to `out`, which holds the rendered text so far. `following` is the fixed text behind the
// placeholder. Returns why the value cannot stand there, or nothing; then `out` is unspecified behind its
// old end. Text must be UTF-8.
std::string_view append_value(std::string& out, const Placement& placement, const Value& value,
                              std::string_view following);

}  // namespace testloom::templating
