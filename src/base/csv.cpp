#include "base/csv.h"

#include "base/text.h"

namespace testloom {

namespace {

class CsvReader {
 public:
  explicit CsvReader(std::string_view text) : text_(text) {}

  CsvTable read() {
    while (at_ < text_.size()) {
      if (text_[at_] == '#') {
        skip_line();
      } else if (at_line_end()) {
        take_line_end();
      } else {
        read_row();
      }
    }
    return std::move(table_);
  }

 private:
  bool at_end() const { return at_ >= text_.size(); }
  bool at_line_end() const { return at_end() || text_[at_] == '\n' || text_[at_] == '\r'; }

  void step() {
    if (text_[at_] == '\n') {
      ++line_;
      column_ = 1;
      ++at_;
      return;
    }
    at_ += decode_utf8(text_, at_).length;
    ++column_;
  }

  void take_line_end() {
    if (!at_end() && text_[at_] == '\r') step();
    if (!at_end() && text_[at_] == '\n') return step();
    ++line_;  // a bare carriage return, or the end
    column_ = 1;
  }

  void skip_line() {
    while (!at_line_end()) step();
    take_line_end();
  }

  void read_row() {
    std::vector<CsvField> row;
    for (;;) {
      row.push_back(read_field());
      if (at_line_end()) break;
      step();  // the comma
    }
    take_line_end();
    table_.rows.push_back(std::move(row));
  }

  CsvField read_field() {
    while (!at_line_end() && (text_[at_] == ' ' || text_[at_] == '\t')) step();
    CsvField field{"", line_, column_, column_ + 1};
    if (!at_end() && text_[at_] == '"') {
      read_quoted(field);
    } else {
      const size_t begin = at_;
      while (!at_line_end() && text_[at_] != ',') step();
      field.text = trimmed(text_.substr(begin, at_ - begin));
      field.end_column = field.column + static_cast<int>(count_code_points(field.text));
    }
    return field;
  }

  void read_quoted(CsvField& field) {
    step();
    bool closed = false;
    while (!at_end()) {
      const char c = text_[at_];
      const bool doubled = c == '"' && at_ + 1 < text_.size() && text_[at_ + 1] == '"';
      if (c == '"' && !doubled) {
        step();
        closed = true;
        break;
      }
      if (doubled) step();
      field.text += text_.substr(at_, c == '\n' ? 1 : decode_utf8(text_, at_).length);
      step();
    }
    if (line_ == field.line) field.end_column = column_;
    if (!closed) table_.mistakes.push_back({field.line, field.column, "this quote is never closed"});
    while (!at_line_end() && (text_[at_] == ' ' || text_[at_] == '\t')) step();
    if (at_line_end() || text_[at_] == ',') return;
    table_.mistakes.push_back({line_, column_, "a comma is missing behind the quoted text"});
    while (!at_line_end() && text_[at_] != ',') step();
  }

  std::string_view text_;
  size_t at_ = 0;
  int line_ = 1;
  int column_ = 1;
  CsvTable table_;
};

}  // namespace

CsvTable parse_csv(std::string_view text) { return CsvReader(text).read(); }

std::string csv_field(std::string_view text) {
  const bool blank_at_end = !text.empty() && trimmed(text).size() != text.size();
  const bool plain =
      text.find_first_of("\",\r\n") == std::string_view::npos && !blank_at_end && !text.starts_with('#');
  if (plain) return std::string(text);
  std::string out = "\"";
  for (const char c : text) out.append(c == '"' ? 2 : 1, c);
  return out += '"';
}

}  // namespace testloom
