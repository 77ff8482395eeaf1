#include "cli/screen.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>

#include <fmt/format.h>

#include "base/files.h"
#include "base/text.h"
#include "testloom/error.h"

namespace testloom::cli {

namespace {

constexpr size_t kRowsForWidths = 1000;
constexpr size_t kLongestCell = 100;

bool goes_on_without_reader = false;

bool colours_wanted() {
  const char* no_color = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal && std::string_view(terminal) == "dumb";
  return output_is_terminal() && !(no_color && *no_color) && !dumb;
}

}  // namespace

bool output_is_terminal() { return ::isatty(STDOUT_FILENO) == 1; }
bool errors_are_terminal() { return ::isatty(STDERR_FILENO) == 1; }

std::string coloured(std::string_view text, Colour colour) {
  static const bool wanted = colours_wanted();
  if (!wanted || colour == Colour::none) return std::string(text);
  const char* code = colour == Colour::red      ? "31"
                     : colour == Colour::green  ? "32"
                     : colour == Colour::yellow ? "33"
                                                : "2";
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

Colour colour_of_outcome(std::string_view outcome) {
  if (outcome == "passed") return Colour::green;
  if (outcome == "skipped" || outcome == "implied_oom" || outcome == "interrupted") return Colour::yellow;
  return Colour::red;
}

void print(std::string_view text) {
  static bool closed = false;
  if (closed || write_all(STDOUT_FILENO, text)) return;
  if (errno != EPIPE) fmt::print(stderr, "testloom: cannot write the output: {}\n", std::strerror(errno));
  if (!goes_on_without_reader) std::_Exit(errno == EPIPE ? 0 : exit_code(ErrorKind::engine));
  closed = true;
}

void go_on_without_reader() { goes_on_without_reader = true; }

void print_line(std::string_view text) { print(fmt::format("{}\n", text)); }

void print_notes(const std::vector<std::string>& notes) {
  for (const std::string& note : notes) fmt::print(stderr, "note: {}\n", printable(note));
}

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {
  for (const Column& column : columns_) widths_.push_back(count_code_points(column.title));
}

Table::~Table() {
  if (std::uncaught_exceptions() == 0) flush();
}

void Table::add(std::vector<std::string> cells, Colour colour) {
  for (std::string& cell : cells) cell = one_line(cell, kLongestCell);
  if (titled_) return write({std::move(cells), colour}, false);
  waiting_.push_back({std::move(cells), colour});
  if (waiting_.size() == kRowsForWidths) flush();
}

void Table::flush() {
  if (titled_) return;
  titled_ = true;
  for (const Row& row : waiting_) {
    for (size_t i = 0; i < row.cells.size(); ++i)
      widths_[i] = std::max(widths_[i], count_code_points(row.cells[i]));
  }
  Row titles{{}, Colour::dim};
  for (const Column& column : columns_) titles.cells.push_back(column.title);
  write(titles, true);
  for (const Row& row : waiting_) write(row, false);
  waiting_.clear();
}

void Table::write(const Row& row, bool title) {
  std::string line;
  for (size_t i = 0; i < columns_.size(); ++i) {
    const std::string& cell = row.cells[i];
    const size_t size = count_code_points(cell);
    const std::string blanks(widths_[i] > size ? widths_[i] - size : 0, ' ');
    if (i > 0) line += "  ";
    line += columns_[i].align == Align::right ? blanks + cell : cell + blanks;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  print_line(title ? coloured(line, Colour::dim) : coloured(line, row.colour));
}

Activity::Activity(std::string what) {
  if (!errors_are_terminal()) return;
  thread_ = std::thread([this, what = std::move(what)] {
    std::unique_lock lock(mutex_);
    for (int seconds = 1;; ++seconds) {
      if (changed_.wait_for(lock, std::chrono::seconds(1), [this] { return over_; })) break;
      fmt::print(stderr, "\r\x1b[K{} ({} s)", what, seconds);
      std::fflush(stderr);
    }
    fmt::print(stderr, "\r\x1b[K");
  });
}

Activity::~Activity() { stop(); }

void Activity::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

bool confirm(const std::string& statement, const std::string& other_way) {
  if (::isatty(STDIN_FILENO) != 1 || !errors_are_terminal()) {
    throw Error(ErrorKind::usage, statement + ", and there is no terminal to ask on",
                fmt::format("pass --yes to go on{}; nothing was changed", other_way));
  }
  for (;;) {
    fmt::print(stderr, "{}. Go on? [y/n] ", statement);
    std::string answer;
    if (!std::getline(std::cin, answer)) return false;
    std::transform(answer.begin(), answer.end(), answer.begin(), ::tolower);
    if (answer == "y" || answer == "yes") return true;
    if (answer == "n" || answer == "no") return false;
  }
}

}  // namespace testloom::cli
