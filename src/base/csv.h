// CSV (RFC 4180) in which every field knows its place, for files that people write by hand: a mistake in one
// can be shown where it stands. Lines that begin with '#' are comments, empty lines are nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace testloom {

// Lines and columns count from 1, columns in code points; `end_column` is one past the last on that line.
struct CsvField {
  std::string text;
  int line = 0;
  int column = 0;
  int end_column = 0;
};

struct CsvMistake {
  int line = 0;
  int column = 0;
  std::string message;
};

struct CsvTable {
  std::vector<std::vector<CsvField>> rows;  // the one with the names too; blanks around plain fields are cut
  std::vector<CsvMistake> mistakes;         // a field with one stands in its row as far as it was read
};

// REQUIRES: UTF-8 without a byte order mark.
CsvTable parse_csv(std::string_view text);

// The text as a field, in quotes where it needs them.
std::string csv_field(std::string_view text);

}  // namespace testloom
