// The last stage: runs a program on values.
#pragma once

#include "template/program.h"

namespace testloom::templating {

// Appends the text for `values` to `out`. Throws an Error (template_text) at the placeholder whose value is
// missing or cannot stand there; `out` is then as it was.
void render(const Source& source, const Program& program, const Values& values, std::string& out);

}  // namespace testloom::templating
