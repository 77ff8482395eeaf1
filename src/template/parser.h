// The second stage: makes a tree of the tokens.
#pragma once

#include "template/lexer.h"
#include "template/tree.h"

namespace testloom::templating {

// Statements may be nested this deep, blocks among them.
inline constexpr size_t kDeepestStatements = 64;

Tree parse(const Sources& sources, uint32_t file, const std::vector<Token>& tokens, Expressions& expressions,
           Mistakes& mistakes);

}  // namespace testloom::templating
