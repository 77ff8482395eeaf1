#include "catalog/csv_list.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fstream>
#include <tuple>

#include <fmt/format.h>

#include "base/text.h"
#include "store/database.h"
#include "store/sql_text.h"

namespace testloom {

namespace fs = std::filesystem;

namespace {

constexpr size_t kMostOfFirstLine = 1 << 16;

std::string first_line_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string line(kMostOfFirstLine, '\0');
  in.read(line.data(), static_cast<std::streamsize>(line.size()));
  line.resize(static_cast<size_t>(in.gcount()));
  line.resize(std::min(line.size(), line.find_first_of("\r\n")));
  if (line.starts_with("\xef\xbb\xbf")) line.erase(0, 3);
  return line;
}

// What DuckDB says of a row, in fewer words.
std::string message_of(std::string_view type, std::string_view message, size_t columns) {
  if (type == "TOO MANY COLUMNS" || type == "MISSING COLUMNS") {
    const size_t colon = message.rfind(':');
    return fmt::format("this row has {} values, but the first line names {}",
                       colon == message.npos ? "other" : trimmed(message.substr(colon + 1)),
                       counted(columns, "column"));
  }
  if (type == "UNQUOTED VALUE") return "this row has a quote that is never closed";
  return std::string(message.substr(0, message.find('\n')));
}

// DuckDB says "... CSV Error on Line: N", perhaps the line, and then what is wrong.
std::vector<Diagnostic> named_in(std::string_view reason, const fs::path& file) {
  constexpr std::string_view before = "CSV Error on Line: ", original = "Original Line: ";
  const std::vector<std::string> lines = split(reason, '\n');
  const size_t at = lines.front().find(before);
  int number = 0;
  if (at == std::string::npos || lines.size() < 2) return {};
  const char* digits = lines.front().c_str() + at + before.size();
  if (std::from_chars(digits, digits + std::strlen(digits), number).ec != std::errc()) return {};
  const bool has_line = lines[1].starts_with(original) && lines.size() > 2;
  Diagnostic mistake{lines[has_line ? 2 : 1]};
  mistake.where = {file.native(), number, 1, 2};
  if (has_line) mistake.source_line = one_line(lines[1].substr(original.size()), 100);
  mistake.hint =
      "a column's type is told from its first 20,480 rows; correct the row, or the file's encoding";
  return {mistake};
}

}  // namespace

std::string literal_path_sql(const fs::path& file) {
  std::string pattern;
  for (const char c : file.native())
    pattern += c == '*' || c == '?' || c == '[' ? fmt::format("[{}]", c) : std::string(1, c);
  return sql_text(pattern);
}

CsvForm csv_form_of(const fs::path& file) {
  const std::string line = first_line_of(file);
  CsvForm form;
  std::ptrdiff_t most = 0;
  for (const char delimiter : {',', '\t', ';', '|'}) {
    const std::ptrdiff_t count = std::count(line.begin(), line.end(), delimiter);
    if (count > most) std::tie(form.delimiter, most) = std::pair(delimiter, count);
  }
  for (std::string& name : split(line, form.delimiter)) {
    if (name.size() >= 2 && name.front() == '"' && name.back() == '"') name = name.substr(1, name.size() - 2);
    form.names.push_back(std::move(name));
  }
  return form;
}

std::string csv_reader_sql(const fs::path& file, const CsvForm& form) {
  return fmt::format(R"(read_csv({}, header = true, delim = {}, quote = '"', escape = '"'))",
                     literal_path_sql(file), sql_text(std::string(1, form.delimiter)));
}

void refuse_broken_lines(const fs::path& file, const CsvForm& form, std::string_view reason) {
  // A database of its own: the statement that failed has taken the caller's transaction with it.
  Database database(":memory:", Access::read_write);
  Connection connection(database.handle());
  std::string columns;
  for (size_t i = 0; i < form.names.size(); ++i)
    columns += fmt::format("{}'c{}': 'VARCHAR'", i ? ", " : "", i);
  connection.query(fmt::format(R"sql(
SELECT count(*) FROM read_csv({}, auto_detect = false, header = true, delim = {}, quote = '"', escape = '"',
                              columns = {{{}}}, store_rejects = true))sql",
                               literal_path_sql(file), sql_text(std::string(1, form.delimiter)), columns));
  Result rows = connection.query(
      "SELECT line, error_type::VARCHAR, arg_max(error_message, byte_position), min(csv_line), count(*) OVER "
      "() FROM "
      "reject_errors GROUP BY ALL ORDER BY line LIMIT 3");
  std::vector<Diagnostic> mistakes;
  while (rows.next()) {
    const std::string_view line = rows.text(3);
    Diagnostic& mistake =
        mistakes.emplace_back(Diagnostic{message_of(rows.text(1), rows.text(2), form.names.size())});
    mistake.where = {file.native(), static_cast<int>(rows.integer(0)), 1, 2};
    mistake.source_line = one_line(line.substr(0, line.find_first_of("\r\n")), 100);
    if (mistakes.size() == 1)
      mistake.hint = fmt::format("correct or take out such rows: there {}",
                                 rows.integer(4) == 1 ? "is 1" : fmt::format("are {}", rows.integer(4)));
  }
  if (mistakes.empty()) mistakes = named_in(reason, file);
  if (!mistakes.empty()) throw Error(ErrorKind::spec, std::move(mistakes));
}

}  // namespace testloom
