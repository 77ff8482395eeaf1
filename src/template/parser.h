// The second stage: makes a tree of the tokens. A template is a list of nodes now, each text or a
// placeholder; every node knows its span.
#pragma once

#include <variant>

#include "template/lexer.h"

namespace testloom::templating {

struct Text {
  Span span;
  std::string_view content;  // `$` for `$$`
};

struct Placeholder {
  Span span;
  Span name_span;
  std::string_view name;  // empty where no name could be read; the mistake is reported then
};

using Node = std::variant<Text, Placeholder>;

// Its views point into the source, which must outlive it.
struct Tree {
  std::vector<Node> nodes;
};

Tree parse(const Source& source, const std::vector<Token>& tokens, Mistakes& mistakes);

// One line a node.
std::string dump(const Source& source, const Tree& tree);

}  // namespace testloom::templating
