#include "template/placement/literal.h"

#include <algorithm>

#include <fmt/core.h>

#include "template/python_words.h"

namespace testloom::templating {

namespace {

bool is_hex_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_octal_digit(char c) { return c >= '0' && c <= '7'; }

// What an empty value would bring together: the fixed text on both sides of placeholders in a row.
struct Seam {
  size_t begin;  // the first placeholder of the row
  size_t end;    // behind the last
};

Seam seam_from(const CodeText& code, size_t hole) {
  Seam seam{hole, hole + 1};
  while (code.is_hole(seam.end)) ++seam.end;
  return seam;
}

// Quotes that would become three in a row, which ends a triple-quoted literal; `quotes_before` are the
// unescaped ones before the seam.
bool joins_quotes(const CodeText& code, const Literal& literal, const Seam& seam, size_t quotes_before) {
  size_t after = 0;
  while (code.at(seam.end + after) == literal.quote) ++after;
  return literal.triple && quotes_before > 0 && quotes_before + after >= 3;
}

// An empty literal that touches the next one, which would be read as the beginning of a triple-quoted one.
bool opens_triple(const CodeText& code, const Literal& literal, const Seam& seam) {
  const bool whole = seam.begin > 0 && code.at(seam.begin - 1) == literal.quote &&
                     (seam.begin < 2 || code.at(seam.begin - 2) != '\\');
  return !literal.triple && whole && code.at(seam.end) == literal.quote &&
         code.at(seam.end + 1) == literal.quote;
}

bool joins_line_end(const CodeText& code, const Seam& seam) {
  return seam.begin > 0 && code.at(seam.begin - 1) == '\r' && seam.end < code.size() &&
         code.at(seam.end) == '\n';
}

// Judges a row of placeholders alike.
void place_in_literal(const CodeText& code, const Literal& literal, const Seam& seam, size_t quotes_before,
                      Verdicts& verdicts) {
  const auto refuse = [&](std::string_view where, std::string_view hint) {
    for (size_t at = seam.begin; at < seam.end; ++at) verdicts.refuse(code.placeholder_at(at), where, hint);
  };
  if (literal.in_field) {
    refuse("in a string inside a replacement field", "assign the string to a variable before the f-string");
  } else if (literal.raw) {
    refuse("in a raw string literal", "nothing can be escaped there: drop the prefix 'r'");
  } else if (joins_quotes(code, literal, seam, quotes_before)) {
    refuse("between quotes that an empty value would join",
           fmt::format("write \\{} for the quote before it", literal.quote));
  } else if (opens_triple(code, literal, seam)) {
    refuse("alone in a literal that touches another",
           "an empty value would make a triple quote of them: write a blank between");
  } else if (joins_line_end(code, seam)) {
    refuse("between the two characters of a line end", "end lines with \\n or \\r\\n");
  } else {
    const Placement placement{.rule = literal.bytes ? Rule::bytes_text : Rule::str_text,
                              .quote = literal.quote,
                              .in_fstring = literal.formatted};
    for (size_t at = seam.begin; at < seam.end; ++at) verdicts.accept(code.placeholder_at(at), placement);
  }
}

void refuse_in_escape(const CodeText& code, size_t at, Verdicts& verdicts) {
  verdicts.refuse(code.placeholder_at(at), "in an escape sequence or directly after a backslash",
                  "the backslash would take the value's beginning: write '\\\\' for a backslash, or give "
                  "the escape all its digits");
}

// Digits of an escape with room for `most` of them; a placeholder before they are complete is refused.
void scan_digits(const CodeText& code, size_t& at, size_t most, bool (*is_kind)(char), Verdicts& verdicts) {
  size_t count = 0;
  while (count < most && is_kind(code.at(at))) ++at, ++count;
  if (count < most && code.is_hole(at)) refuse_in_escape(code, at++, verdicts);
}

// `at` is behind `\N`.
void scan_named_escape(const CodeText& code, const Literal& literal, size_t& at, Verdicts& verdicts) {
  if (code.is_hole(at)) refuse_in_escape(code, at++, verdicts);
  if (code.at(at) != '{') return;
  while (code.at(at) != '}' && code.at(at) != '\n' && code.at(at) != '\r' && code.at(at) != literal.quote) {
    if (code.is_hole(at)) refuse_in_escape(code, at, verdicts);
    ++at;
  }
  if (code.at(at) == '}') ++at;
}

// `at` is at a backslash.
void scan_escape(const CodeText& code, const Literal& literal, size_t& at, Verdicts& verdicts) {
  const char next = code.at(++at);
  if (literal.formatted && (next == '{' || next == '}')) return;  // the brace keeps its meaning
  if (code.is_hole(at)) {
    refuse_in_escape(code, at++, verdicts);
  } else if (next == '\r' && code.at(at + 1) == '\n') {
    at += 2;
  } else if (literal.raw) {
    ++at;
  } else if (next == 'x') {
    scan_digits(code, ++at, 2, is_hex_digit, verdicts);
  } else if (next == 'u') {
    scan_digits(code, ++at, 4, is_hex_digit, verdicts);
  } else if (next == 'U') {
    scan_digits(code, ++at, 8, is_hex_digit, verdicts);
  } else if (is_octal_digit(next)) {
    scan_digits(code, at, 3, is_octal_digit, verdicts);
  } else if (next == 'N') {
    scan_named_escape(code, literal, ++at, verdicts);
  } else {
    ++at;
  }
}

bool closes(const CodeText& code, const Literal& literal, size_t at) {
  if (code.at(at) != literal.quote) return false;
  return !literal.triple || (code.at(at + 1) == literal.quote && code.at(at + 2) == literal.quote);
}

}  // namespace

std::optional<Literal> literal_of_prefix(std::string_view prefix) {
  if (prefix.size() > 2) return std::nullopt;
  std::string letters(prefix);
  for (char& c : letters) c = static_cast<char>(c | 0x20);
  std::sort(letters.begin(), letters.end());
  Literal literal;
  if (letters.empty() || letters == "u") return literal;
  literal.raw = letters.find('r') != std::string::npos;
  literal.bytes = letters.find('b') != std::string::npos;
  literal.formatted = letters.find('f') != std::string::npos;
  const bool known = letters == "r" || letters == "b" || letters == "f" || letters == "br" || letters == "fr";
  return known ? std::optional(literal) : std::nullopt;
}

LiteralStop scan_literal_text(const CodeText& code, const Literal& literal, size_t stop, size_t& at,
                              Verdicts& verdicts) {
  size_t quotes = 0;  // unescaped, with nothing but placeholders behind them
  while (at < stop) {
    const char c = code.at(at);
    if (closes(code, literal, at)) {
      at += literal.quote_length();
      return LiteralStop::closed;
    }
    if (c == kHole) {
      const Seam seam = seam_from(code, at);
      place_in_literal(code, literal, seam, quotes, verdicts);
      at = seam.end;
      continue;
    }
    quotes = c == literal.quote ? quotes + 1 : 0;
    if (c == '\\') {
      scan_escape(code, literal, at, verdicts);
    } else if ((c == '\n' || c == '\r') && !literal.triple) {
      return LiteralStop::unterminated;
    } else if (literal.formatted && (c == '{' || c == '}')) {
      if (code.at(at + 1) != c) return c == '{' ? LiteralStop::field : LiteralStop::lone_brace;
      at += 2;
    } else {
      ++at;
    }
  }
  return at < code.size() ? LiteralStop::joint : LiteralStop::unterminated;
}

}  // namespace testloom::templating
