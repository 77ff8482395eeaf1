// The texts that one template is made of: checks that each is text at all, and turns byte offsets into lines
// and columns, which happens only when an error is made. All later stages speak in Spans of these texts.
#pragma once

#include <memory>
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
  uint32_t file = 0;  // which of the Sources
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

// One text.
class Source {
 public:
  // Throws an Error (template_text) when `text` is empty, too large, not UTF-8 or holds U+0000. A byte order
  // mark at the start is left out.
  Source(std::string_view path, std::string_view text);

  const std::string& path() const { return path_; }
  std::string_view text() const { return text_; }

  // Lines end at \n, \r\n or a lone \r, as for Python; the first is 1.
  size_t line_count() const { return line_starts_.size(); }
  size_t line_at(size_t offset) const;
  // The line's bytes without its end.
  Span line_span(size_t line) const;
  // A span that goes past its first line is cut at that line's end.
  SourcePosition position(Span span) const;

 private:
  std::string path_;
  std::string text_;
  std::vector<size_t> line_starts_;
};

// The template's own text and those that it includes or extends. A text that is included twice is there
// twice, since a mistake in it is shown with the way that led to it.
class Sources {
 public:
  Sources(std::string_view path, std::string_view text) { add(path, text, std::nullopt); }
  // Throws as Source does. `included_at` is the statement that named it.
  uint32_t add(std::string_view path, std::string_view text, std::optional<Span> included_at);

  size_t count() const { return files_.size(); }
  const Source& file(uint32_t index) const { return *files_[index].source; }
  std::string_view text(Span span) const {
    return file(span.file).text().substr(span.begin, span.end - span.begin);
  }
  size_t line_at(Span span) const { return file(span.file).line_at(span.begin); }
  SourcePosition position(Span span) const { return file(span.file).position(span); }

  Diagnostic diagnose(Mistake mistake) const;
  // All mistakes in one Error (template_text), ordered by place; those without a place come first, the same
  // mistake of a text that is there twice is told once. Past kMostMistakes they are only counted.
  [[noreturn]] void refuse(Mistakes mistakes) const;

 private:
  struct File {
    std::unique_ptr<Source> source;  // does not move when files are added
    std::optional<Span> included_at;
  };
  std::vector<File> files_;
};

}  // namespace testloom::templating
