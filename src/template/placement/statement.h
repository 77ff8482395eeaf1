// Placeholders in Python code: what stands around each decides whether it is a name, an attribute or an
// operand, or cannot stand there.
#pragma once

#include <span>

#include "template/placement/python_token.h"
#include "template/placement/verdicts.h"

namespace testloom::templating {

// Judges the placeholders of one logical line, given without its newline.
void place_in_statement(const CodeText& code, std::span<const PythonToken> line, Verdicts& verdicts);

}  // namespace testloom::templating
