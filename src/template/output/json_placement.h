// Placeholders in JSON: inside a string, as a whole value, or as an object's key.
#pragma once

#include "template/placement/code_text.h"
#include "template/placement/verdicts.h"

namespace testloom::templating {

// Judges every placeholder. Syntax that is not JSON is left to whoever reads the text, but for what would
// make it unclear where a string begins or ends.
void place_in_json(const CodeText& code, Verdicts& verdicts, Mistakes& mistakes);

}  // namespace testloom::templating
