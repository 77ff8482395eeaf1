// What makes a Python file a test: exactly one top-level function `test_...` that needs no arguments.
#pragma once

#include <span>

#include "template/placement/python_token.h"
#include "template/source.h"

namespace testloom::templating {

void check_test_function(const Source& source, const CodeText& code, std::span<const PythonToken> tokens,
                         Mistakes& mistakes);

}  // namespace testloom::templating
