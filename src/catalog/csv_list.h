// CSV lists of models: how they are written, told from their first line rather than guessed from rows that
// may be rubbish, and where they break.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace testloom {

struct CsvForm {
  char delimiter = ',';
  std::vector<std::string> names;  // of the columns
};

// By the first line: its most frequent separator of , ; | and tab. An empty form where it cannot be read.
CsvForm csv_form_of(const std::filesystem::path& file);

// DuckDB's function that reads such a file.
std::string csv_reader_sql(const std::filesystem::path& file, const CsvForm& form);

// For a file that DuckDB cannot read, for this reason: throws an Error (spec) at the first lines, up to
// three, that are not as the first one says, or at the line that the reason names. Returns where there is
// none.
void refuse_broken_lines(const std::filesystem::path& file, const CsvForm& form, std::string_view reason);

// The path as a pattern of DuckDB's that is this one file, as a text of SQL.
std::string literal_path_sql(const std::filesystem::path& file);

}  // namespace testloom
