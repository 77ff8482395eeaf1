// Writes values into output that is not Python: by the rules verbatim, remark, json_*, yaml_* and shell_*.
#pragma once

#include <string>
#include <string_view>

#include "template/expression/datum.h"
#include "template/rule.h"

namespace testloom::templating {

// Returns why the value cannot stand there, or nothing; then `out` is unspecified behind its old end. Never
// throws for a value. remark: where the placement is `on_top`, the comment is one that a batch system reads,
// such as #SBATCH, and the value must be one plain word.
std::string_view append_for_output(std::string& out, const Placement& placement, const Datum& value);

}  // namespace testloom::templating
