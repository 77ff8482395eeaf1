// What the program shows: tables, notes and questions on a terminal or into a pipe. Colours only on a
// terminal and never with NO_COLOR; a name can never move the cursor, since every text is shown escaped.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/shown_units.h"

namespace testloom::cli {

bool output_is_terminal();
bool errors_are_terminal();

enum class Colour { none, red, green, yellow, dim };
std::string coloured(std::string_view text, Colour colour);
Colour colour_of_outcome(std::string_view outcome);

// To standard output. Ends the program quietly when nobody reads any more, unless it was told to go on.
void print(std::string_view text);
void go_on_without_reader();
void print_line(std::string_view text);

// "note: …" to standard error.
void print_notes(const std::vector<std::string>& notes);

// Columns of text, aligned. Widths come from the first thousand rows, so that a long table streams.
class Table {
 public:
  enum class Align { left, right };
  struct Column {
    std::string title;
    Align align = Align::left;
  };
  explicit Table(std::vector<Column> columns);
  void add(std::vector<std::string> cells, Colour colour = Colour::none);
  ~Table();
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

 private:
  struct Row {
    std::vector<std::string> cells;
    Colour colour;
  };
  void flush();
  void write(const Row& row, bool title);

  std::vector<Column> columns_;
  std::vector<size_t> widths_;
  std::vector<Row> waiting_;
  bool titled_ = false;
};

// Says on a terminal what is being done once it takes over a second, until it is destroyed.
class Activity {
 public:
  explicit Activity(std::string what);
  ~Activity();
  Activity(const Activity&) = delete;
  Activity& operator=(const Activity&) = delete;
  void stop();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  std::thread thread_;
};

// "STATEMENT. Go on? [y/n]" on a terminal. Without one: throws an Error (usage) that
// says to pass --yes.
bool confirm(const std::string& statement, const std::string& other_way = "");

}  // namespace testloom::cli
