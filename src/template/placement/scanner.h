// A lexical scan of Python: makes tokens of the code and judges the placeholders in literals and comments on
// the way; those in code are judged from the tokens. It follows what CPython 3.8 to 3.13 agree on; nested
// f-strings are read as by 3.12, since what differs is an error for the older ones.
#pragma once

#include <utility>

#include "template/placement/python_token.h"
#include "template/placement/verdicts.h"

namespace testloom::templating {

struct PythonScan {
  // Whole logical lines, each closed by a newline token.
  std::vector<PythonToken> tokens;
  // False when a literal or bracket is never closed: nothing is known about the text after it.
  bool complete = true;
  // Where string literals stand, from the first quote to behind the last; f-strings too.
  std::vector<std::pair<size_t, size_t>> literals;
};

// Brackets and f-strings may be nested this deep, as in CPython.
constexpr size_t kDeepestNesting = 200;

PythonScan scan_python(const CodeText& code, Verdicts& verdicts, Mistakes& mistakes);

}  // namespace testloom::templating
