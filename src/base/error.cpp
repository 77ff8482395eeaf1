#include "testloom/error.h"

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

// The source line, a window of it when it is long, with a caret line beneath. Tabs are shown as one space
// and control characters as '?', so that the caret stays under its span.
void append_excerpt(std::string& out, const Diagnostic& diagnostic) {
  std::vector<std::string> cells;
  for (size_t at = 0; at < diagnostic.source_line.size();) {
    const CodePoint point = decode_utf8(diagnostic.source_line, at);
    std::string_view bytes = std::string_view(diagnostic.source_line).substr(at, point.length);
    if (point.value == '\t') bytes = " ";
    if (!point.valid || (point.value != '\t' && is_unprintable(point.value))) bytes = "?";
    cells.emplace_back(bytes);
    at += point.length;
  }
  const int size = static_cast<int>(cells.size());
  const int column = std::max(1, diagnostic.where.column);
  const int first = size > kLongestShownLine ? std::max(1, column - kLongestShownLine / 2) : 1;
  const int last = std::min(size, first + kLongestShownLine - 1);
  out += "\n  ";
  if (first > 1) out += "…";
  for (int at = first; at <= last; ++at) out += cells[static_cast<size_t>(at - 1)];
  if (last < size) out += "…";
  out += "\n  ";
  if (first > 1) out += ' ';
  out.append(static_cast<size_t>(column - first), ' ');
  const int end = std::min(std::max(diagnostic.where.end_column, column + 1), last + 2);
  out.append(static_cast<size_t>(std::max(1, end - column)), '^');
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
  return out;
}

Error::Error(ErrorKind kind, std::string message, std::string hint)
    : Error(kind, std::vector<Diagnostic>{{std::move(message), {}, {}, std::move(hint)}}) {}

Error::Error(ErrorKind kind, std::vector<Diagnostic> diagnostics)
    : kind_(kind), diagnostics_(std::move(diagnostics)) {
  for (const Diagnostic& diagnostic : diagnostics_) {
    if (!text_.empty()) text_ += '\n';
    text_ += format_diagnostic(diagnostic);
  }
}

}  // namespace testloom
