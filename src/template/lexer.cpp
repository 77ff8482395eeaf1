#include "template/lexer.h"

#include <fmt/core.h>

#include "base/text.h"
#include "template/python_words.h"

namespace testloom::templating {

namespace {

// The `}` that closes a placeholder: on its line and before the next `${`.
size_t find_close(std::string_view text, size_t at) {
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '}') return at;
    if (c == '\n' || c == '\r' || (c == '$' && text.substr(at).starts_with("${"))) break;
  }
  return std::string_view::npos;
}

Token lex_placeholder(std::string_view text, size_t begin, Mistakes& mistakes) {
  const size_t inside = begin + 2;
  const size_t close = find_close(text, inside);
  if (close != std::string_view::npos) {
    return {TokenKind::placeholder, {begin, close + 1}, {inside, close}};
  }
  size_t end = text.find_first_not_of(" \t", inside);
  if (end == std::string_view::npos) end = text.size();
  while (end < text.size() && is_word_byte(text[end])) ++end;
  mistakes.push_back({Span{begin, end}, "'${' is never closed on its line",
                      "write '}' after the name, or "
                      "'$$' for a dollar"});
  return {TokenKind::placeholder, {begin, end}, {inside, end}};
}

}  // namespace

std::vector<Token> lex(const Source& source, Mistakes& mistakes) {
  const std::string_view text = source.text();
  std::vector<Token> tokens;
  size_t pending = 0;  // where the text that is not in a token yet begins
  const auto flush = [&](size_t end) {
    if (end > pending) tokens.push_back({TokenKind::text, {pending, end}, {}});
  };
  for (size_t at = 0; (at = text.find('$', at)) != std::string_view::npos;) {
    const char next = at + 1 < text.size() ? text[at + 1] : '\0';
    if (next != '$' && next != '{') {
      ++at;
      continue;
    }
    flush(at);
    tokens.push_back(next == '{' ? lex_placeholder(text, at, mistakes)
                                 : Token{TokenKind::dollar, {at, at + 2}, {}});
    pending = at = tokens.back().span.end;
  }
  flush(text.size());
  return tokens;
}

std::string dump(const Source& source, const std::vector<Token>& tokens) {
  std::string out;
  for (const Token& token : tokens) {
    const SourcePosition where = source.position(token.span);
    out += fmt::format("{}:{} ", where.line, where.column);
    switch (token.kind) {
      case TokenKind::text:
        out += fmt::format("text {}\n", quote(source.text(token.span)));
        break;
      case TokenKind::dollar:
        out += "dollar\n";
        break;
      case TokenKind::placeholder:
        out += fmt::format("placeholder {}\n", quote(source.text(token.inside)));
        break;
    }
  }
  return out;
}

}  // namespace testloom::templating
