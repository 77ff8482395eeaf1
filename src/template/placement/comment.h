// Comments: which of them Python reads as more than a comment (a declared encoding, a type), and what that
// means for placeholders in them.
#pragma once

#include "template/placement/code_text.h"
#include "template/placement/verdicts.h"

namespace testloom::templating {

// Judges the placeholders of the comment that begins at `begin` (its '#') and ends before `end`. `on_top`:
// it stands where Python looks for an encoding, in the first two lines with no code before it. An encoding
// other than UTF-8 that is declared there is a mistake.
void place_comment(const CodeText& code, size_t begin, size_t end, bool on_top, Verdicts& verdicts,
                   Mistakes& mistakes);

}  // namespace testloom::templating
