#include "plan/condition/condition_text.h"

#include <algorithm>

#include "base/text.h"

namespace testloom {

namespace {

// DuckDB's parser turns these into one blank each, and its offsets count the blank.
bool is_wide_blank(char32_t c) {
  return c == 0xA0 || (c >= 0x2000 && c <= 0x200F) || c == 0x202F || c == 0x205F || c == 0x2060 ||
         c == 0x3000 || c == 0xFEFF;
}

bool has_wide_blank(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const CodePoint point = decode_utf8(text, at);
    if (is_wide_blank(point.value)) return true;
    at += point.length;
  }
  return false;
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool is_operator(char c) { return std::string_view("+-*/<>=~!@#%^&|?:").find(c) != std::string_view::npos; }

template <typename Belongs>
size_t end_of_run(std::string_view text, size_t at, Belongs belongs) {
  while (at < text.size() && belongs(text[at])) ++at;
  return at;
}

int columns_of(std::string_view text) { return static_cast<int>(count_code_points(text)); }

// The text from a column on.
std::string_view from_column(std::string_view line, int column) {
  size_t at = 0;
  for (int passed = 1; passed < column && at < line.size(); ++passed) at += decode_utf8(line, at).length;
  return line.substr(at);
}

Diagnostic at_place(SourcePosition where, std::string_view line, std::string message, std::string hint) {
  return {std::move(message), std::move(where), std::string(line), std::move(hint), {}};
}

}  // namespace

std::string_view ConditionText::token(size_t at) const {
  if (at >= text_.size()) return {};
  size_t end = at;
  do {  // quoted words may be joined by points
    if (text_[end] == '\'' || text_[end] == '"') {
      end = std::min(text_.find(text_[end], end + 1), text_.size() - 1) + 1;
    } else if (is_word(text_[end])) {
      end = end_of_run(text_, end, is_word);
    } else {
      end = end == at ? std::max(end_of_run(text_, end, is_operator), at + 1) : end;
      break;
    }
  } while (end < text_.size() && (text_[end] == '"' || (text_[end] == '.' && text_[at] == '"')));
  return text_.substr(at, end - at);
}

// Where the file holds the condition as it is, after a quote or three and a line's end, its own place there.
Error ConditionText::error_in_file(size_t start, size_t length, std::string message, std::string hint) const {
  constexpr size_t kMostBefore = 5;
  const std::string_view file = source_.file_text;
  const std::string_view first_line = file.substr(0, file.find('\n'));
  const std::string_view from = from_column(file, source_.column);
  const size_t before = text_.empty() ? from.npos : from.substr(0, text_.size() + kMostBefore).find(text_);
  if (before == from.npos) {
    const SourcePosition where{source_.path, source_.line, source_.column, source_.column + 1};
    return Error(kind_, {at_place(where, first_line, std::move(message), std::move(hint))});
  }
  const size_t at = static_cast<size_t>(from.data() - file.data()) + before + start;
  const size_t line_start = at == 0 ? 0 : file.rfind('\n', at - 1) + 1;
  const std::string_view line = file.substr(line_start, file.find_first_of("\r\n", at) - line_start);
  const auto lines =
      static_cast<int>(std::count(file.begin(), file.begin() + static_cast<long>(line_start), '\n'));
  const int column = 1 + columns_of(file.substr(line_start, at - line_start));
  const int end = column + columns_of(file.substr(at, std::min(length, line_start + line.size() - at)));
  return Error(kind_, {at_place({source_.path, source_.line + lines, column, end}, line, std::move(message),
                                std::move(hint))});
}

Error ConditionText::error(size_t at, std::string message, std::string hint) const {
  const bool whole = at == kWhole || has_wide_blank(text_);
  const size_t start = whole ? 0 : std::min(at, text_.size());
  size_t length = whole ? text_.size() : token(at).size();
  const std::string path = source_.path;
  if (source_.line > 0) return error_in_file(start, length, std::move(message), std::move(hint));
  if (trimmed(text_).empty() || !is_utf8(text_)) {
    return Error(kind_, {at_place({path, 0, 0, 0}, {}, std::move(message), std::move(hint))});
  }
  const size_t line_start = start == 0 ? 0 : text_.rfind('\n', start - 1) + 1;
  const std::string_view line = text_.substr(line_start, text_.find('\n', start) - line_start);
  length = std::min(length, line_start + line.size() - start);
  const int number =
      1 + static_cast<int>(std::count(text_.begin(), text_.begin() + static_cast<long>(line_start), '\n'));
  const int column = 1 + columns_of(line.substr(0, start - line_start));
  return Error(kind_, {at_place({path, number, column, column + columns_of(text_.substr(start, length))},
                                line, std::move(message), std::move(hint))});
}

void ConditionText::fail(size_t at, std::string message, std::string hint) const {
  throw error(at, std::move(message), std::move(hint));
}

}  // namespace testloom
