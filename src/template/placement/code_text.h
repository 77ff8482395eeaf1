// The template as Python's tokenizer will see it: each placeholder is one NUL byte (which a template cannot
// hold otherwise) and `$$` one dollar, so that the scanner is an ordinary scanner of Python. Offsets lead
// back to the source.
#pragma once

#include <string>
#include <vector>

#include "template/tree.h"

namespace testloom::templating {

constexpr char kHole = '\0';

// Where a line statement that begins, parts or ends a choice or a loop stood: always at the beginning of a
// line. What stands between two joints may be there in the rendered text once, several times or not at all.
struct Joint {
  enum class Kind { if_begin, if_next, if_end, for_begin, for_end };
  Kind kind;
  size_t offset;         // in the code text; several joints can share one
  Span statement;        // for errors
  bool is_else = false;  // if_next
};

class CodeText {
 public:
  // `sources` must outlive it.
  CodeText(const Sources& sources, const std::vector<Node>& nodes) : sources_(sources) { add(nodes); }

  std::string_view text() const { return text_; }
  std::string_view text(size_t begin, size_t end) const { return text().substr(begin, end - begin); }
  size_t size() const { return text_.size(); }
  // The byte at `offset`, or a newline past the end.
  char at(size_t offset) const { return offset < text_.size() ? text_[offset] : '\n'; }
  bool is_hole(size_t offset) const { return offset < text_.size() && text_[offset] == kHole; }

  // In order; begins and ends are balanced.
  const std::vector<Joint>& joints() const { return joints_; }

  // Which placeholder of the tree, counted from 0, the hole at `offset` is.
  size_t placeholder_at(size_t offset) const;
  // The line of the source that the byte at `offset` comes from.
  size_t line_of(size_t offset) const { return sources_.line_at(source_span(offset, offset + 1)); }
  // The source's bytes for code bytes begin..end (at least one).
  Span source_span(size_t begin, size_t end) const;

 private:
  struct Anchor {
    size_t code;
    Span source;
    bool verbatim;  // byte for byte; else one byte stands for the whole span
  };
  void add(const std::vector<Node>& nodes);
  Span locate(size_t offset) const;

  const Sources& sources_;
  std::string text_;
  std::vector<Anchor> anchors_;
  std::vector<size_t> holes_;
  std::vector<Joint> joints_;
};

}  // namespace testloom::templating
