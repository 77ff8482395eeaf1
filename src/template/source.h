// The text of one template: checks that it is text at all, and turns byte offsets into lines and columns,
// which happens only when an error is made. All later stages speak in Spans of this text.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "testloom/error.h"

namespace testloom::templating {

// Bytes begin..end of a source's text.
struct Span {
  size_t begin = 0;
  size_t end = 0;
  bool operator==(const Span&) const = default;
};

// One thing that is wrong with a template; without a place when it concerns the whole text.
struct Mistake {
  std::optional<Span> where;
  std::string message;
  std::string hint;
};
constexpr size_t kMostMistakes = 100;
using Mistakes = std::vector<Mistake>;

class Source {
 public:
  // Throws an Error (template_text) when `text` is empty, too large, not UTF-8 or holds U+0000. A byte order
  // mark at the start is left out.
  Source(std::string_view path, std::string_view text);

  const std::string& path() const { return path_; }
  std::string_view text() const { return text_; }
  std::string_view text(Span span) const { return text().substr(span.begin, span.end - span.begin); }

  // Lines end at \n, \r\n or a lone \r, as for Python; the first is 1.
  size_t line_count() const { return line_starts_.size(); }
  size_t line_at(size_t offset) const;
  // The line's bytes without its end.
  Span line_span(size_t line) const;
  // A span that goes past its first line is cut at that line's end.
  SourcePosition position(Span span) const;

  Diagnostic diagnose(Mistake mistake) const;
  // All mistakes in one Error (template_text), ordered by place; those without a place come first. Past
  // kMostMistakes they are only counted.
  [[noreturn]] void refuse(Mistakes mistakes) const;

 private:
  std::string path_;
  std::string text_;
  std::vector<size_t> line_starts_;
};

}  // namespace testloom::templating
