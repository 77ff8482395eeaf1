// The tokens of Python that placement looks at. Comments are gone; a string literal is one token, an
// f-string is its begin, the tokens of its replacement fields, and its end.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "template/placement/code_text.h"

namespace testloom::templating {

struct PythonToken {
  enum class Kind {
    name,  // keywords too; may hold placeholders
    number,
    string,
    op,
    open,   // ( [ {
    close,  // ) ] }
    fstring_begin,
    fstring_end,
    field_begin,  // the { of a replacement field
    conversion,   // its !
    spec_begin,   // its :
    field_end,
    newline,  // the end of a logical line that is not blank
    joint,    // a line statement between logical lines or between elements in brackets
  };
  Kind kind;
  size_t begin;
  size_t end;
  bool shows_source = false;  // field_begin: the field ends in `=` and shows its own source
  size_t joint = 0;           // joint: which of CodeText::joints()
};

// One line a token.
std::string dump(const CodeText& code, const std::vector<PythonToken>& tokens);

}  // namespace testloom::templating
