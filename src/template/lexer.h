// The first stage: cuts a source into pieces of text, `$$`, placeholders `${ ... }`, and line statements
// `#% ...`. What stands inside braces and statements is left to the parser.
#pragma once

#include <span>

#include "template/source.h"

namespace testloom::templating {

enum class TokenKind { text, dollar, placeholder, statement };

struct Token {
  TokenKind kind;
  Span span;           // of a statement: its whole line with its end
  Span inside = {};    // of a placeholder: what stands between the braces; of a statement: what follows #%
  bool closed = true;  // placeholder: it has its `}`
};

// The tokens cover the whole text, in order. A line whose first characters but blanks are `#%` is a
// statement, unless another `%` follows; between `#% raw` and `#% endraw` everything is text. A `${` without
// its `}` on the same line, before the next `${`, is a mistake; its token ends after the word that follows.
std::vector<Token> lex(const Sources& sources, uint32_t file, Mistakes& mistakes);

// The word that a statement begins with, such as `if`; empty where there is none.
std::string_view statement_word(std::string_view inside);

// Whether a statement can begin with the word.
bool is_statement_word(std::string_view word);
// All of them.
std::span<const std::string_view> statement_words();

// One line a token.
std::string dump(const Sources& sources, const std::vector<Token>& tokens);

}  // namespace testloom::templating
