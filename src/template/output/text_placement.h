// Plain text has no structure that a value could break: every place is by the rule verbatim.
#pragma once

#include "template/placement/code_text.h"
#include "template/placement/verdicts.h"

namespace testloom::templating {

void place_in_text(const CodeText& code, Verdicts& verdicts, Mistakes& mistakes);

}  // namespace testloom::templating
