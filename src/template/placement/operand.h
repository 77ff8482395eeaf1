// What may stand before and after an operand of a Python expression.
#pragma once

#include "template/placement/python_token.h"

namespace testloom::templating {

// The token is a name of exactly these characters.
bool is_word(const CodeText& code, const PythonToken& token, std::string_view word);
bool is_op(const CodeText& code, const PythonToken& token, std::string_view op);
// `=` is none of them.
bool is_augmented_assignment(const CodeText& code, const PythonToken& token);

// The token ends an operand, so that what follows is in an operator's place. Words that no operand can
// follow (def, pass, ...) and characters that Python does not know count too.
bool ends_operand(const CodeText& code, const PythonToken& token);

// The token can follow an operand: an operator, a closing bracket, a comma, ...; an opening bracket cannot.
bool can_follow_operand(const CodeText& code, const PythonToken& token);

}  // namespace testloom::templating
