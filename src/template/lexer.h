// The first stage: cuts a source into pieces of text, `$$`, and placeholders `${ ... }`. What stands inside
// the braces is left to the parser.
#pragma once

#include "template/source.h"

namespace testloom::templating {

enum class TokenKind { text, dollar, placeholder };

struct Token {
  TokenKind kind;
  Span span;
  Span inside;  // of a placeholder: what stands between the braces
};

// The tokens cover the whole text, in order. A `${` without its `}` on the same line, before the next `${`,
// is a mistake; its token ends after the word that follows.
std::vector<Token> lex(const Source& source, Mistakes& mistakes);

// One line a token.
std::string dump(const Source& source, const std::vector<Token>& tokens);

}  // namespace testloom::templating
