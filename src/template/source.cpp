#include "template/source.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/text.h"
#include "testloom/template.h"

namespace testloom::templating {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::vector<size_t> find_line_starts(std::string_view text) {
  std::vector<size_t> starts = {0};
  for (size_t at = 0; at < text.size(); ++at) {
    const bool ends_line =
        text[at] == '\n' || (text[at] == '\r' && (at + 1 == text.size() || text[at + 1] != '\n'));
    if (ends_line) starts.push_back(at + 1);
  }
  return starts;
}

[[noreturn]] void refuse_whole(std::string_view path, std::string message, std::string hint) {
  throw Error(
      ErrorKind::template_text,
      std::vector<Diagnostic>{{std::move(message), {std::string(path), 0, 0, 0}, {}, std::move(hint)}});
}

}  // namespace

Source::Source(std::string_view path, std::string_view text) : path_(path) {
  if (text.size() > Template::kMaxBytes) {
    refuse_whole(path,
                 fmt::format("the template is {} bytes long, more than the limit of {}", text.size(),
                             Template::kMaxBytes),
                 "a template is the source of one test; keep data in files of its own");
  }
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  text_ = text;
  line_starts_ = find_line_starts(text_);
  if (text_.find_first_not_of(" \t\f\v\r\n") == std::string::npos) {
    refuse_whole(path, "the template is empty", "a template is a Python file with one test function");
  }
  if (const size_t bad = find_invalid_utf8(text_); bad != std::string_view::npos) {
    refuse({{Span{bad, bad + 1},
             fmt::format("the template is not UTF-8: byte 0x{:02x}", static_cast<uint8_t>(text_[bad])),
             "save the file as UTF-8"}});
  }
  if (const size_t nul = text_.find('\0'); nul != std::string::npos) {
    refuse({{Span{nul, nul + 1}, "the template holds a NUL byte (U+0000)", "Python sources hold none"}});
  }
}

size_t Source::line_at(size_t offset) const {
  return std::upper_bound(line_starts_.begin(), line_starts_.end(), offset) - line_starts_.begin();
}

Span Source::line_span(size_t line) const {
  const size_t begin = line_starts_[line - 1];
  size_t end = line < line_starts_.size() ? line_starts_[line] : text_.size();
  while (end > begin && (text_[end - 1] == '\n' || text_[end - 1] == '\r')) --end;
  return {begin, end};
}

SourcePosition Source::position(Span span) const {
  const size_t line = line_at(span.begin);
  const Span whole = line_span(line);
  const size_t begin = std::min(span.begin, whole.end);
  const size_t end = std::clamp(span.end, begin, whole.end);
  const int column = 1 + static_cast<int>(count_code_points(text({whole.begin, begin})));
  const int length = static_cast<int>(count_code_points(text({begin, end})));
  return {path_, static_cast<int>(line), column, column + length};
}

Diagnostic Source::diagnose(Mistake mistake) const {
  Diagnostic diagnostic{std::move(mistake.message), {path_, 0, 0, 0}, {}, std::move(mistake.hint)};
  if (mistake.where) {
    diagnostic.where = position(*mistake.where);
    diagnostic.source_line = text(line_span(line_at(mistake.where->begin)));
  }
  return diagnostic;
}

void Source::refuse(Mistakes mistakes) const {
  std::stable_sort(mistakes.begin(), mistakes.end(), [](const Mistake& a, const Mistake& b) {
    return (a.where ? a.where->begin + 1 : 0) < (b.where ? b.where->begin + 1 : 0);
  });
  if (mistakes.size() > kMostMistakes) {
    const size_t left_out = mistakes.size() - kMostMistakes;
    mistakes.resize(kMostMistakes);
    mistakes.push_back({std::nullopt, fmt::format("{} more not shown", counted(left_out, "mistake")), ""});
  }
  std::vector<Diagnostic> diagnostics;
  diagnostics.reserve(mistakes.size());
  for (Mistake& mistake : mistakes) diagnostics.push_back(diagnose(std::move(mistake)));
  throw Error(ErrorKind::template_text, std::move(diagnostics));
}

}  // namespace testloom::templating
