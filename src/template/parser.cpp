#include "template/parser.h"

#include <fmt/core.h>

#include "base/text.h"
#include "template/python_words.h"

namespace testloom::templating {

namespace {

Span without_blanks(const Source& source, Span span) {
  const auto blank = [&](size_t at) { return source.text()[at] == ' ' || source.text()[at] == '\t'; };
  while (span.begin < span.end && blank(span.begin)) ++span.begin;
  while (span.end > span.begin && blank(span.end - 1)) --span.end;
  return span;
}

Placeholder parse_placeholder(const Source& source, const Token& token, Mistakes& mistakes) {
  Placeholder placeholder{token.span, without_blanks(source, token.inside), {}};
  const std::string_view inside = source.text(placeholder.name_span);
  const bool closed = token.span.end > token.inside.end;
  if (is_identifier(inside)) {
    placeholder.name = inside;
  } else if (!closed) {
    // The lexer has reported it.
  } else if (inside.empty()) {
    mistakes.push_back({token.span, "'${}' names no value",
                        "write a name between the braces, or '$$' for a "
                        "dollar"});
  } else {
    mistakes.push_back({placeholder.name_span, "only a name can stand in ${...}",
                        "put the value in with ${name} and work on it in Python"});
  }
  return placeholder;
}

}  // namespace

Tree parse(const Source& source, const std::vector<Token>& tokens, Mistakes& mistakes) {
  Tree tree;
  tree.nodes.reserve(tokens.size());
  for (const Token& token : tokens) {
    if (token.kind == TokenKind::placeholder) {
      tree.nodes.emplace_back(parse_placeholder(source, token, mistakes));
    } else {
      const std::string_view bytes = source.text(token.span);
      tree.nodes.emplace_back(Text{token.span, token.kind == TokenKind::dollar ? bytes.substr(1) : bytes});
    }
  }
  return tree;
}

std::string dump(const Source& source, const Tree& tree) {
  std::string out;
  for (const Node& node : tree.nodes) {
    if (const Text* text = std::get_if<Text>(&node)) {
      out += fmt::format("Text {}..{} {}\n", text->span.begin, text->span.end, quote(text->content));
    } else {
      const Placeholder& placeholder = std::get<Placeholder>(node);
      const SourcePosition where = source.position(placeholder.name_span);
      out += fmt::format("Placeholder {}..{} {} at {}:{}\n", placeholder.span.begin, placeholder.span.end,
                         placeholder.name.empty() ? "?" : placeholder.name, where.line, where.column);
    }
  }
  return out;
}

}  // namespace testloom::templating
