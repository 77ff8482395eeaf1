#include "testloom/error.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace testloom {

int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage:
      return 2;
    case ErrorKind::template_text:
      return 3;
    case ErrorKind::store:
      return 4;
    case ErrorKind::engine:
      return 5;
    case ErrorKind::spec:
      return 6;
    case ErrorKind::coordinator:
      return 7;
    case ErrorKind::interrupted:
      return 130;
  }
  return 1;
}

std::string_view kind_name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage:
      return "usage";
    case ErrorKind::template_text:
      return "template";
    case ErrorKind::store:
      return "store";
    case ErrorKind::engine:
      return "engine";
    case ErrorKind::spec:
      return "spec";
    case ErrorKind::coordinator:
      return "coordinator";
    case ErrorKind::interrupted:
      return "interrupted";
  }
  return "error";
}

namespace {

constexpr int kLongestShownLine = 160;  // code points

// One code point of a source line as it is shown: tabs as one space and control characters as '?', so that
// the caret stays under its span.
std::string_view shown(std::string_view bytes, const CodePoint& point) {
  if (point.valid && point.value == '\t') return " ";
  return point.valid && !is_unprintable(point.value) ? bytes : "?";
}

// The source line, a window of it when it is long, with a caret line beneath.
void append_excerpt(std::string& out, const Diagnostic& diagnostic) {
  const std::string_view line = diagnostic.source_line;
  const int column = std::max(1, diagnostic.where.column);
  const bool is_long = line.size() > kLongestShownLine;
  const int first = is_long ? std::max(1, column - kLongestShownLine / 2) : 1;
  const int last = first + kLongestShownLine - 1;
  out += first > 1 ? "\n  …" : "\n  ";
  int at_column = 1;
  size_t at = 0;
  for (; at < line.size() && at_column <= last; ++at_column) {
    const CodePoint point = decode_utf8(line, at);
    if (at_column >= first) out += shown(line.substr(at, point.length), point);
    at += point.length;
  }
  if (at < line.size()) out += "…";
  out += first > 1 ? "\n   " : "\n  ";
  out.append(static_cast<size_t>(column - first), ' ');
  const int end =
      std::min(std::max(diagnostic.where.end_column, column + 1), std::max(at_column, column + 1));
  out.append(static_cast<size_t>(end - column), '^');
}

}  // namespace

std::string format_diagnostic(const Diagnostic& diagnostic) {
  std::string out;
  const SourcePosition& where = diagnostic.where;
  if (!where.path.empty()) {
    out += printable(where.path);
    if (where.line > 0) {
      out += ':' + std::to_string(where.line);
      if (where.column > 0) out += ':' + std::to_string(where.column);
    }
    out += ": ";
  }
  out += printable(diagnostic.message);
  if (where.line > 0 && where.column > 0) append_excerpt(out, diagnostic);
  if (!diagnostic.hint.empty()) out += "\n  " + printable(diagnostic.hint);
  for (const SourcePosition& place : diagnostic.trail) {
    out += "\n  included from " + printable(place.path) + ':' + std::to_string(place.line);
  }
  return out;
}

Error::Error(ErrorKind kind, std::string message, std::string hint)
    : Error(kind, std::vector<Diagnostic>{{std::move(message), {}, {}, std::move(hint), {}}}) {}

Error::Error(ErrorKind kind, std::vector<Diagnostic> diagnostics)
    : kind_(kind), diagnostics_(std::move(diagnostics)) {
  for (const Diagnostic& diagnostic : diagnostics_) {
    if (!text_.empty()) text_ += '\n';
    text_ += format_diagnostic(diagnostic);
  }
}

}  // namespace testloom
