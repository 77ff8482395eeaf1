// Cuts an expression into Python's tokens.
#pragma once

#include <string>
#include <vector>

#include "template/expression/arena.h"
#include "template/expression/datum.h"
#include "template/source.h"

namespace testloom::templating {

struct ExpressionToken {
  enum class Kind { name, constant, op, end };
  Kind kind;
  Span span;
  std::string_view text = {};  // as it stands in the source
  Datum constant = {};         // constant: a number or one string literal
  bool is_two_to_63 = false;   // constant: 9223372036854775808, which only a minus makes an int of 64 bits
};

// The tokens of `span`, closed by an `end`. The texts of string literals are put into `constants`. What is no
// token is a mistake, and left out.
std::vector<ExpressionToken> lex_expression(const Sources& sources, Span span, Arena& constants,
                                            Mistakes& mistakes);

}  // namespace testloom::templating
