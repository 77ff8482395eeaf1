// The template as Python's tokenizer will see it: each placeholder is one NUL byte (which a template cannot
// hold otherwise) and `$$` one dollar, so that the scanner is an ordinary scanner of Python. Offsets lead
// back to the source.
#pragma once

#include <string>

#include "template/parser.h"

namespace testloom::templating {

constexpr char kHole = '\0';

class CodeText {
 public:
  explicit CodeText(const Tree& tree);

  std::string_view text() const { return text_; }
  std::string_view text(size_t begin, size_t end) const { return text().substr(begin, end - begin); }
  size_t size() const { return text_.size(); }
  // The byte at `offset`, or a newline past the end.
  char at(size_t offset) const { return offset < text_.size() ? text_[offset] : '\n'; }
  bool is_hole(size_t offset) const { return offset < text_.size() && text_[offset] == kHole; }

  // Which placeholder of the tree, counted from 0, the hole at `offset` is.
  size_t placeholder_at(size_t offset) const;
  // The source's bytes for code bytes begin..end (at least one).
  Span source_span(size_t begin, size_t end) const;

 private:
  struct Anchor {
    size_t code;
    Span source;
    bool verbatim;  // byte for byte; else one byte stands for the whole span
  };
  Span locate(size_t offset) const;

  std::string text_;
  std::vector<Anchor> anchors_;
  std::vector<size_t> holes_;
};

}  // namespace testloom::templating
