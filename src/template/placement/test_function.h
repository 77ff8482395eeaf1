// What makes a Python file a test: exactly one top-level function `test_...` that needs no arguments,
// whichever way the choices of the template go.
#pragma once

#include <span>

#include "template/placement/python_token.h"
#include "template/source.h"

namespace testloom::templating {

void check_test_function(const CodeText& code, std::span<const PythonToken> tokens, Mistakes& mistakes);

}  // namespace testloom::templating
