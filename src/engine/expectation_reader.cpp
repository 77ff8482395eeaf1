// Reads expectations files: every row's fields are checked, and every mistake is shown at its place.
#include <glob.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <span>

#include <fmt/format.h>

#include "base/csv.h"
#include "base/files.h"
#include "base/text.h"
#include "engine/expectations.h"

namespace testloom {

namespace fs = std::filesystem;

namespace {

constexpr size_t kMaxFileBytes = 64 << 20;
constexpr size_t kMostMistakes = 100;
constexpr std::string_view kAxis = "axes.";

constexpr std::array<std::string_view, 10> kColumns = {
    "case",    "model_name", "hardware_type", "template_name", "batch_size",
    "outcome", "error",      "reason",        "ticket",        "expires"};
constexpr std::array<std::string_view, 6> kOutcomes = {outcome::failed,  outcome::error, outcome::crashed,
                                                       outcome::timeout, outcome::oom,   outcome::passed};

// The path as people see it: from the current folder, where the file lies below it.
std::string shown_path(const fs::path& file) {
  std::error_code error;
  const fs::path here = fs::current_path(error);
  const fs::path relative = file.lexically_relative(here);
  const bool below = !error && file.is_absolute() && !relative.empty() && *relative.begin() != "..";
  return below ? relative.native() : file.native();
}

std::vector<fs::path> files_of(const fs::path& pattern) {
  std::error_code error;
  if (fs::exists(pattern, error) || pattern.native().find_first_of("*?[") == std::string::npos)
    return {pattern};
  glob_t found{};
  const int failed = ::glob(pattern.c_str(), 0, nullptr, &found);
  std::vector<fs::path> files(found.gl_pathv, found.gl_pathv + (failed ? 0 : found.gl_pathc));
  ::globfree(&found);
  if (files.empty())
    throw Error(ErrorKind::spec, fmt::format("no file matches {}", quote(pattern.native(), 400)),
                "`expectations` of the spec names files, or globs that match some");
  return files;
}

std::optional<int64_t> whole_number(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

// "4", "4-16", ">=16", ">16", "<=16", "<16".
std::optional<BatchRange> batch_range(std::string_view text) {
  constexpr int64_t most = std::numeric_limits<int64_t>::max();
  const bool above = text.starts_with('>'), below = text.starts_with('<');
  if (above || below) {
    const bool included = text.substr(1).starts_with('=');
    const auto number = whole_number(trimmed(text.substr(included ? 2 : 1)));
    if (!number) return std::nullopt;
    const int64_t step = included ? 0 : 1;
    if (above ? *number > most - step : *number < step) return std::nullopt;
    return above ? BatchRange{*number + step, most} : BatchRange{0, *number - step};
  }
  const size_t dash = text.find('-');
  const auto least = whole_number(trimmed(text.substr(0, dash)));
  const auto last = dash == text.npos ? least : whole_number(trimmed(text.substr(dash + 1)));
  if (!least || !last || *last < *least) return std::nullopt;
  return BatchRange{*least, *last};
}

// "2026-01-31".
std::optional<std::chrono::year_month_day> date_of(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = whole_number(text.substr(0, 4)), month = whole_number(text.substr(5, 2)),
             day = whole_number(text.substr(8, 2));
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  return date.ok() ? std::optional(date) : std::nullopt;
}

class ExpectationFile {
 public:
  ExpectationFile(const fs::path& file, std::vector<Expectation>& rows, std::vector<Diagnostic>& mistakes)
      : path_(shown_path(file)),
        text_(read_file(file, kMaxFileBytes, ErrorKind::spec)),
        rows_(rows),
        mistakes_(mistakes) {}

  void read() {
    if (text_.starts_with("\xEF\xBB\xBF")) text_.erase(0, 3);
    lines_ = split(text_, '\n');
    if (const size_t at = find_invalid_utf8(text_); at != std::string::npos) return refuse_byte(at);
    const CsvTable table = parse_csv(text_);
    for (const CsvMistake& mistake : table.mistakes)
      refuse({"", mistake.line, mistake.column, mistake.column + 1}, mistake.message, "");
    if (!table.mistakes.empty()) return;
    if (table.rows.empty()) {
      const std::string hint = "such as: model_name,hardware_type,outcome,reason";
      return refuse({"", 1, 1, 2}, "the line with the names of the columns is missing", hint);
    }
    if (!read_names(table.rows.front())) return;
    for (size_t i = 1; i < table.rows.size(); ++i) read_row(table.rows[i]);
  }

 private:
  void refuse(const CsvField& field, std::string message, std::string hint) {
    Diagnostic mistake{std::move(message), {path_, field.line, field.column, field.end_column}};
    const size_t line = static_cast<size_t>(field.line) - 1;
    if (line < lines_.size()) {
      mistake.source_line = lines_[line];
      if (mistake.source_line.ends_with('\r')) mistake.source_line.pop_back();
    }
    mistake.hint = std::move(hint);
    mistakes_.push_back(std::move(mistake));
  }

  void refuse_byte(size_t at) {
    const std::string_view before = std::string_view(text_).substr(0, at);
    const size_t begin = before.rfind('\n') + 1;  // 0 on the first line
    const int line = 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n'));
    const int column = 1 + static_cast<int>(count_code_points(before.substr(begin)));
    refuse({"", line, column, column + 1}, "this byte is not UTF-8", "save the file as UTF-8");
  }

  void refuse_word(const CsvField& field, std::string message, std::string_view word,
                   std::span<const std::string_view> known) {
    const std::string guess = nearest(word, known);
    refuse(field, std::move(message),
           guess.empty() ? fmt::format("it is one of {}", join(known, ", "))
                         : fmt::format("did you mean '{}'?", guess));
  }

  bool read_names(const std::vector<CsvField>& names) {
    const size_t before = mistakes_.size();
    for (const CsvField& name : names) {
      const bool axis = name.text.starts_with(kAxis) && name.text.size() > kAxis.size();
      if (!axis && std::find(kColumns.begin(), kColumns.end(), name.text) == kColumns.end())
        refuse_word(name, fmt::format("there is no column {}", quote(name.text)), name.text, kColumns);
      else if (std::find(names_.begin(), names_.end(), name.text) != names_.end())
        refuse(name, fmt::format("the column {} stands twice", quote(name.text)), "");
      names_.push_back(name.text);
    }
    for (const std::string_view wanted : {"outcome", "reason"}) {
      if (std::find(names_.begin(), names_.end(), wanted) == names_.end())
        refuse(names.front(), fmt::format("the column '{}' is missing", wanted),
               "every row says what is expected, and why");
    }
    return mistakes_.size() == before;
  }

  void read_row(const std::vector<CsvField>& fields) {
    if (fields.size() != names_.size())
      return refuse(fields.back(),
                    fmt::format("this row has {}, but the first line names {}",
                                counted(fields.size(), "field"), counted(names_.size(), "column")),
                    "put what has a comma in it in quotes");
    Expectation row;
    row.place = fmt::format("{}:{}", path_, fields.front().line);
    const size_t before = mistakes_.size();
    for (size_t i = 0; i < fields.size(); ++i) take(row, names_[i], fields[i]);
    if (mistakes_.size() > before) return;
    const bool any = row.case_name.empty() && row.model_name.empty() && row.hardware_type.empty() &&
                     row.template_name.empty() && !row.batch_size && row.axes.empty();
    if (any)
      return refuse(fields.front(), "this row says of no test, so it would hold for all",
                    "name a case, a model or a hardware type; '*' for all");
    rows_.push_back(std::move(row));
  }

  void take(Expectation& row, std::string_view name, const CsvField& field) {
    if (name.starts_with(kAxis)) {
      if (!field.text.empty()) row.axes.emplace_back(name.substr(kAxis.size()), field.text);
    } else if (name == "outcome") {
      take_outcomes(row, field);
    } else if (name == "batch_size") {
      if (field.text.empty()) return;
      row.batch_size = batch_range(field.text);
      if (!row.batch_size)
        refuse(field, fmt::format("{} is no batch size", quote(field.text)), "such as 4, 4-16, >=16 or <16");
    } else if (name == "expires") {
      if (field.text.empty()) return;
      row.expires = date_of(field.text);
      if (!row.expires)
        refuse(field, fmt::format("{} is no date", quote(field.text)),
               "such as 2026-01-31, the last day that it holds");
    } else {
      text_for(row, name) = field.text;
      if (name == "reason" && field.text.empty())
        refuse(field, "the reason is missing", "say why the test is known to fail");
    }
  }

  static std::string& text_for(Expectation& row, std::string_view name) {
    if (name == "case") return row.case_name;
    if (name == "model_name") return row.model_name;
    if (name == "hardware_type") return row.hardware_type;
    if (name == "template_name") return row.template_name;
    if (name == "error") return row.error;
    return name == "ticket" ? row.ticket : row.reason;
  }

  void take_outcomes(Expectation& row, const CsvField& field) {
    for (const std::string& part : split(field.text, '|')) {
      const std::string_view word = trimmed(part);
      if (word.empty())
        return refuse(field, "the outcome is missing", fmt::format("it is one of {}", join(kOutcomes, ", ")));
      if (std::find(kOutcomes.begin(), kOutcomes.end(), word) == kOutcomes.end())
        return refuse_word(field, fmt::format("{} is no outcome that can be expected", quote(word)), word,
                           kOutcomes);
      row.outcomes.emplace_back(word);
    }
    if (row.outcomes.size() == 1 && row.outcomes.front() == outcome::passed)
      refuse(field, "a row that expects a pass alone says nothing",
             "take it out, or add a failure: failed|passed");
  }

  std::string path_;
  std::string text_;
  std::vector<std::string> lines_;
  std::vector<std::string> names_;
  std::vector<Expectation>& rows_;
  std::vector<Diagnostic>& mistakes_;
};

}  // namespace

Expectations read_expectations(const std::vector<fs::path>& paths) {
  std::vector<Expectation> rows;
  std::vector<Diagnostic> mistakes;
  for (const fs::path& path : paths) {
    for (const fs::path& file : files_of(path)) ExpectationFile(file, rows, mistakes).read();
  }
  if (mistakes.empty()) return Expectations(std::move(rows));
  if (const size_t left = mistakes.size(); left > kMostMistakes) {
    mistakes.resize(kMostMistakes);
    mistakes.push_back({fmt::format("and {} more", counted(left - kMostMistakes, "mistake"))});
  }
  throw Error(ErrorKind::spec, std::move(mistakes));
}

}  // namespace testloom
