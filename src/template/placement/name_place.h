// Placeholders that are names or parts of names: what they may touch, and which names they must not be able
// to spell.
#pragma once

#include "template/placement/python_token.h"
#include "template/placement/verdicts.h"

namespace testloom::templating {

// Calls `use` with the index of each placeholder between `begin` and `end`.
template <typename Use>
void for_each_hole(const CodeText& code, size_t begin, size_t end, Use use) {
  for (size_t at = begin; at < end; ++at) {
    if (code.is_hole(at)) use(code.placeholder_at(at));
  }
}

void refuse_holes(const CodeText& code, const PythonToken& token, Verdicts& verdicts, std::string_view where,
                  std::string_view hint);

// Refuses the placeholders of a name that touches a string, a number, a backslash or a letter beyond ASCII;
// true when it did. `previous` and `next` are the tokens around it, or null.
bool refuse_touching(const CodeText& code, const PythonToken* previous, const PythonToken& name,
                     const PythonToken* next, Verdicts& verdicts);

// Judges a name of which placeholders are only parts. `must_be_identifier`: the values must be made of
// [A-Za-z0-9_] already.
void place_name_parts(const CodeText& code, const PythonToken& name, bool must_be_identifier,
                      Verdicts& verdicts);

}  // namespace testloom::templating
