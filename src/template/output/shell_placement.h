// Placeholders in scripts of sh and bash: as arguments or parts of them, inside quotes, in arithmetic, in
// comments.
#pragma once

#include "template/placement/code_text.h"
#include "template/placement/verdicts.h"

namespace testloom::templating {

// Judges every placeholder. Where sh and bash do not read the script alike, it is a mistake, or the
// placeholders that depend on it are refused.
void place_in_shell(const CodeText& code, Verdicts& verdicts, Mistakes& mistakes);

}  // namespace testloom::templating
