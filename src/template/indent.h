// Gives the lines of an included text the indentation of the statement that includes it.
#pragma once

#include "template/tree.h"

namespace testloom::templating {

// Blank lines stay as they are, and in Python the lines that begin within a string literal.
void indent(const Sources& sources, Tree& included, const Node& include, OutputKind output);

}  // namespace testloom::templating
