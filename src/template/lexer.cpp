#include "template/lexer.h"

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "base/text.h"
#include "template/python_words.h"

namespace testloom::templating {

namespace {

constexpr std::string_view kBlanks = " \t";

constexpr auto kStatements =
    std::to_array<std::string_view>({"if",     "elif",      "else",    "endif",    "for",    "endfor", "set",
                                     "block",  "endblock",  "extends", "include",  "param",  "needs",  "raw",
                                     "endraw", "exclusive", "cores",   "workload", "output", "comment"});

bool ends_line(char c) { return c == '\n' || c == '\r'; }

// Behind the string literal that begins at `at`, or npos when it does not end on its line.
size_t skip_string(std::string_view text, size_t at) {
  const char quote = text[at];
  for (++at; at < text.size() && !ends_line(text[at]); ++at) {
    if (text[at] == '\\' && at + 1 < text.size() && !ends_line(text[at + 1])) {
      ++at;
    } else if (text[at] == quote) {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

// Whether a quote begins a string of the expression, rather than ending the literal that the placeholder is
// in.
bool begins_string(std::string_view text, size_t begin, size_t quote) {
  while (quote > begin && kBlanks.find(text[quote - 1]) != std::string_view::npos) --quote;
  return quote == begin ||
         !(is_word_byte(text[quote - 1]) || text[quote - 1] == ')' || text[quote - 1] == ']');
}

// The `}` that closes a placeholder: on its line, before the next `${`, and not in one of the expression's
// own strings or braces. `open_string` is set to the quote of a string of its own that is never closed.
size_t find_close(std::string_view text, size_t at, size_t& open_string) {
  const size_t begin = at;
  size_t open = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '}' && open == 0) return at;
    if (ends_line(c) || (c == '$' && text.substr(at).starts_with("${"))) break;
    if (c == '"' || c == '\'') {
      const size_t quote = at;
      at = skip_string(text, at);
      if (at == std::string_view::npos && begins_string(text, begin, quote)) open_string = quote;
      if (at == std::string_view::npos) break;
      continue;
    }
    if (c == '{') ++open;
    if (c == '}') --open;
    ++at;
  }
  return std::string_view::npos;
}

class Lexer {
 public:
  Lexer(std::string_view text, uint32_t file, Mistakes& mistakes)
      : text_(text), file_(file), mistakes_(mistakes) {}

  std::vector<Token> run() {
    for (size_t at = 0; at < text_.size();) {
      const bool begins_line = at == 0 || ends_line(text_[at - 1]);
      if (const size_t mark = begins_line ? find_mark(at) : std::string_view::npos;
          mark != std::string_view::npos) {
        at = lex_statement(at, mark);
      } else {
        at = lex_line(at);
      }
    }
    flush(text_.size());
    if (raw_) {
      mistakes_.push_back(
          {*raw_, "'#% raw' is never ended", "write '#% endraw' behind the text that is taken as it is"});
    }
    return std::move(tokens_);
  }

 private:
  Span span(size_t begin, size_t end) const { return {begin, end, file_}; }

  // Puts the text that is in no token yet into one.
  void flush(size_t end) {
    if (end > pending_) tokens_.push_back({TokenKind::text, span(pending_, end)});
    pending_ = end;
  }

  void add(const Token& token) {
    flush(token.span.begin);
    tokens_.push_back(token);
    pending_ = token.span.end;
  }

  // Where the `#%` of a statement that is this whole line stands; between raw and endraw only endraw is one.
  size_t find_mark(size_t line) const {
    const size_t mark = text_.find_first_not_of(kBlanks, line);
    if (mark == std::string_view::npos || !text_.substr(mark).starts_with("#%"))
      return std::string_view::npos;
    if (text_.substr(mark).starts_with("#%%")) return std::string_view::npos;
    if (raw_ && statement_word(text_.substr(mark + 2, line_end(mark) - mark - 2)) != "endraw") {
      return std::string_view::npos;
    }
    return mark;
  }

  size_t line_end(size_t at) const { return std::min(text_.find_first_of("\r\n", at), text_.size()); }

  size_t lex_statement(size_t line, size_t mark) {
    const size_t end = line_end(mark);
    size_t next = end;
    if (next < text_.size()) next += text_.substr(next).starts_with("\r\n") ? 2 : 1;
    const Token token{TokenKind::statement, span(line, next), span(mark + 2, end)};
    const std::string_view word = statement_word(text_.substr(mark + 2, end - mark - 2));
    if (word == "raw") {
      raw_ = span(mark, end);
    } else if (word == "endraw" && raw_) {
      raw_.reset();
    } else if (word == "endraw") {
      mistakes_.push_back({span(mark, end), "'#% endraw' ends nothing", "write '#% raw' where it begins"});
    }
    add(token);
    return next;
  }

  // One line of text, from somewhere in it to behind its end.
  size_t lex_line(size_t at) {
    const size_t end = line_end(at);
    while (!raw_ && (at = text_.substr(0, end).find('$', at)) < end) {
      const char next = at + 1 < text_.size() ? text_[at + 1] : '\0';
      if (next == '{') {
        add(lex_placeholder(at));
      } else if (next == '$') {
        add({TokenKind::dollar, span(at, at + 2)});
      } else {
        ++at;
        continue;
      }
      at = pending_;
    }
    if (end >= text_.size()) return text_.size();
    return end + (text_.substr(end).starts_with("\r\n") ? 2 : 1);
  }

  Token lex_placeholder(size_t begin) {
    const size_t inside = begin + 2;
    size_t open_string = std::string_view::npos;
    const size_t close = find_close(text_, inside, open_string);
    if (close != std::string_view::npos) {
      return {TokenKind::placeholder, span(begin, close + 1), span(inside, close)};
    }
    if (open_string != std::string_view::npos) {
      const std::string quote(1, text_[open_string]);
      mistakes_.push_back({span(open_string, open_string + 1), "this string is never closed",
                           fmt::format("write {} where it ends, on the same line", quote)});
      return {TokenKind::placeholder, span(begin, line_end(begin)), span(inside, line_end(begin)), false};
    }
    size_t end = std::min(text_.find_first_not_of(kBlanks, inside), text_.size());
    while (end < text_.size() && is_word_byte(text_[end])) ++end;
    mistakes_.push_back({span(begin, end), "'${' is never closed on its line",
                         "write '}' after the name, or '$$' for a dollar"});
    return {TokenKind::placeholder, span(begin, end), span(inside, end), false};
  }

  std::string_view text_;
  uint32_t file_;
  Mistakes& mistakes_;
  std::vector<Token> tokens_;
  size_t pending_ = 0;
  std::optional<Span> raw_;  // the statement, between it and its end
};

}  // namespace

bool is_statement_word(std::string_view word) {
  return std::find(kStatements.begin(), kStatements.end(), word) != kStatements.end();
}

std::span<const std::string_view> statement_words() { return kStatements; }

std::string_view statement_word(std::string_view inside) {
  const size_t begin = std::min(inside.find_first_not_of(kBlanks), inside.size());
  size_t end = begin;
  while (end < inside.size() && is_word_byte(inside[end])) ++end;
  return inside.substr(begin, end - begin);
}

std::vector<Token> lex(const Sources& sources, uint32_t file, Mistakes& mistakes) {
  return Lexer(sources.file(file).text(), file, mistakes).run();
}

std::string dump(const Sources& sources, const std::vector<Token>& tokens) {
  std::string out;
  for (const Token& token : tokens) {
    const SourcePosition where = sources.position(token.span);
    out += fmt::format("{}:{} ", where.line, where.column);
    switch (token.kind) {
      case TokenKind::text:
        out += fmt::format("text {}\n", quote(sources.text(token.span)));
        break;
      case TokenKind::dollar:
        out += "dollar\n";
        break;
      case TokenKind::placeholder:
        out += fmt::format("placeholder {}\n", quote(sources.text(token.inside)));
        break;
      case TokenKind::statement:
        out += fmt::format("statement {}\n", quote(sources.text(token.inside)));
        break;
    }
  }
  return out;
}

}  // namespace testloom::templating
