// The text of Python's string literals, plain and formatted: where it ends, and how a placeholder in it is
// written.
#pragma once

#include <optional>

#include "template/placement/code_text.h"
#include "template/placement/verdicts.h"

namespace testloom::templating {

struct Literal {
  char quote = '"';
  bool triple = false;
  bool raw = false;
  bool bytes = false;
  bool formatted = false;
  bool in_field = false;  // stands in a replacement field of another literal

  size_t quote_length() const { return triple ? 3 : 1; }
};

// The literal's kind for a prefix such as `rb`, in any case and without its quotes; nothing when the text
// is no string prefix.
std::optional<Literal> literal_of_prefix(std::string_view prefix);

enum class LiteralStop {
  closed,      // `at` is behind the closing quotes
  field,       // `at` is at the `{` of a replacement field
  lone_brace,  // `at` is at a `}` that closes nothing
  unterminated,
  joint,  // `at` is at `stop`
};

// Goes through the literal's text from `at` on and judges the placeholders in it, not past the beginning of a
// line at `stop`.
LiteralStop scan_literal_text(const CodeText& code, const Literal& literal, size_t stop, size_t& at,
                              Verdicts& verdicts);

}  // namespace testloom::templating
