// Placeholders in YAML: inside quoted scalars, block scalars and comments, as whole values, or as whole keys.
#pragma once

#include "template/placement/code_text.h"
#include "template/placement/verdicts.h"

namespace testloom::templating {

// Judges every placeholder. Where readers of YAML 1.1 and 1.2 do not agree on where a scalar ends, it is a
// mistake.
void place_in_yaml(const CodeText& code, Verdicts& verdicts, Mistakes& mistakes);

}  // namespace testloom::templating
