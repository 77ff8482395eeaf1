#include "template/source.h"

#include <algorithm>
#include <set>
#include <tuple>

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

Diagnostic about_whole(std::string_view path, std::string message, std::string hint) {
  return {std::move(message), {std::string(path), 0, 0, 0}, {}, std::move(hint), {}};
}

[[noreturn]] void refuse_whole(std::string_view path, std::string message, std::string hint) {
  throw Error(ErrorKind::template_text,
              std::vector<Diagnostic>{about_whole(path, std::move(message), std::move(hint))});
}

Diagnostic about_place(const Source& source, Mistake mistake) {
  Diagnostic diagnostic = about_whole(source.path(), std::move(mistake.message), std::move(mistake.hint));
  if (mistake.where) {
    diagnostic.where = source.position(*mistake.where);
    const Span line = source.line_span(source.line_at(mistake.where->begin));
    diagnostic.source_line = source.text().substr(line.begin, line.end - line.begin);
  }
  return diagnostic;
}

[[noreturn]] void refuse_byte(const Source& source, size_t at, std::string message, std::string hint) {
  Mistake mistake{Span{at, at + 1}, std::move(message), std::move(hint)};
  throw Error(ErrorKind::template_text, std::vector<Diagnostic>{about_place(source, std::move(mistake))});
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
    refuse_byte(*this, bad,
                fmt::format("the template is not UTF-8: byte 0x{:02x}", static_cast<uint8_t>(text_[bad])),
                "save the file as UTF-8");
  }
  if (const size_t nul = text_.find('\0'); nul != std::string::npos) {
    refuse_byte(*this, nul, "the template holds a NUL byte (U+0000)", "Python sources hold none");
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
  const int column = 1 + static_cast<int>(count_code_points(text().substr(whole.begin, begin - whole.begin)));
  const int length = static_cast<int>(count_code_points(text().substr(begin, end - begin)));
  return {path_, static_cast<int>(line), column, column + length};
}

uint32_t Sources::add(std::string_view path, std::string_view text, std::optional<Span> included_at) {
  files_.push_back({std::make_unique<Source>(path, text), included_at});
  return static_cast<uint32_t>(files_.size() - 1);
}

Diagnostic Sources::diagnose(Mistake mistake) const {
  if (!mistake.where) return about_place(file(0), std::move(mistake));
  const File* at = &files_[mistake.where->file];
  Diagnostic diagnostic = about_place(*at->source, std::move(mistake));
  for (; at->included_at; at = &files_[at->included_at->file]) {
    diagnostic.trail.push_back(position(*at->included_at));
  }
  return diagnostic;
}

void Sources::refuse(Mistakes mistakes) const {
  const auto order = [](const Mistake& mistake) {
    return mistake.where ? std::pair(mistake.where->file, mistake.where->begin + 1)
                         : std::pair(0u, size_t{0});
  };
  std::stable_sort(mistakes.begin(), mistakes.end(),
                   [&](const Mistake& a, const Mistake& b) { return order(a) < order(b); });
  std::vector<Diagnostic> diagnostics;
  std::set<std::tuple<std::string, int, int, std::string>> seen;
  size_t left_out = 0;
  for (Mistake& mistake : mistakes) {
    if (diagnostics.size() == kMostMistakes) {
      ++left_out;  // working out what is not shown would take long where lines are
      continue;
    }
    Diagnostic diagnostic = diagnose(std::move(mistake));
    const SourcePosition& where = diagnostic.where;
    const bool is_new = seen.emplace(where.path, where.line, where.column, diagnostic.message).second;
    if (is_new || count() == 1) diagnostics.push_back(std::move(diagnostic));
  }
  if (left_out > 0) {
    diagnostics.push_back(
        about_whole(file(0).path(), fmt::format("{} more not shown", counted(left_out, "mistake")), ""));
  }
  throw Error(ErrorKind::template_text, std::move(diagnostics));
}

}  // namespace testloom::templating
