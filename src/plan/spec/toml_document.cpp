#include "plan/spec/toml_document.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#define TOML_ENABLE_FORMATTERS 0
#ifndef TOML_ASSERT
#define TOML_ASSERT(expression) static_assert(true)  // what it asserts may be wrong in a text that is no TOML
#endif
#include <toml++/toml.h>

#include "base/text.h"
#include "plan/spec/toml_syntax.h"

namespace testloom {

namespace {

// The text's lines. Columns become offsets without going through a long line again for each of its values:
// they are asked for from left to right.
class Lines {
 public:
  explicit Lines(std::string_view text) {
    for (size_t start = 0;;) {
      const size_t end = text.find('\n', start);
      std::string_view line = text.substr(start, end == std::string_view::npos ? end : end - start);
      if (line.ends_with('\r')) line.remove_suffix(1);
      lines_.push_back(line);
      if (end == std::string_view::npos) break;
      start = end + 1;
    }
  }

  std::string_view line(int number) const {
    return number >= 1 && static_cast<size_t>(number) <= lines_.size() ? lines_[number - 1] : "";
  }

  // What stands from the column on.
  std::string_view rest(int number, int column) {
    if (number != number_ || column < column_) {
      number_ = number;
      column_ = 1;
      at_ = 0;
    }
    const std::string_view whole = line(number);
    while (column_ < column && at_ < whole.size()) {
      at_ += decode_utf8(whole, at_).length;
      ++column_;
    }
    return whole.substr(at_);
  }

  // One past the line's last column.
  int end_column(int number, int column) {
    const std::string_view left = rest(number, column);
    return column_ + static_cast<int>(count_code_points(left));
  }

 private:
  std::vector<std::string_view> lines_;
  int number_ = 0, column_ = 1;  // where the last question led to
  size_t at_ = 0;
};

SpecPlace first_line_of(Lines& lines, const toml::source_region& region) {
  const int line = static_cast<int>(region.begin.line), column = static_cast<int>(region.begin.column);
  if (region.end.line == region.begin.line) return {line, column, static_cast<int>(region.end.column)};
  return {line, column, lines.end_column(line, column)};
}

SpecPlace opening_of(const toml::source_region& region) {
  const int line = static_cast<int>(region.begin.line), column = static_cast<int>(region.begin.column);
  return {line, column, column + 1};
}

class Converter {
 public:
  explicit Converter(Lines& lines) : lines_(lines) {}

  TomlNode convert(const toml::node& node) {
    if (const toml::table* table = node.as_table()) return convert_table(*table);
    if (const toml::array* array = node.as_array()) return convert_list(*array);
    TomlNode made;
    made.place = first_line_of(lines_, node.source());
    if (const auto* text = node.as_string()) {
      made.kind = TomlKind::text;
      made.scalar = text->get();
      made.inner_place = inside_quotes(made.place, node.source());
    } else if (const auto* integer = node.as_integer()) {
      made.kind = TomlKind::integer;
      made.scalar = integer->get();
    } else if (const auto* number = node.as_floating_point()) {
      made.kind = TomlKind::number;
      made.scalar = number->get();
    } else if (const auto* truth = node.as_boolean()) {
      made.kind = TomlKind::boolean;
      made.scalar = truth->get();
    } else {
      made.kind = TomlKind::date;
    }
    return made;
  }

 private:
  static bool is_one_line(const toml::source_region& region) { return region.begin.line == region.end.line; }

  TomlNode convert_table(const toml::table& table) {
    TomlNode made;
    made.kind = TomlKind::table;
    made.place =
        is_one_line(table.source()) ? first_line_of(lines_, table.source()) : opening_of(table.source());
    std::vector<std::pair<const toml::key*, const toml::node*>> ordered;
    for (const auto& [key, node] : table) ordered.emplace_back(&key, &node);
    std::stable_sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) {
      return a.first->source().begin < b.first->source().begin;
    });
    made.entries.reserve(ordered.size());
    for (const auto& [key, node] : ordered) {
      const SpecPlace place = first_line_of(lines_, key->source());
      made.entries.push_back({std::string(key->str()), place, convert(*node)});
    }
    return made;
  }

  TomlNode convert_list(const toml::array& array) {
    TomlNode made;
    made.kind = TomlKind::list;
    made.items.reserve(array.size());
    const toml::source_region& region = array.source();
    made.place = is_one_line(region) ? first_line_of(lines_, region) : opening_of(region);
    for (const toml::node& item : array) made.items.push_back(convert(item));
    const bool has_header = !array.empty() && array.front().source().begin == region.begin;
    if (has_header) made.place = made.items.front().place;
    return made;
  }

  // A text of several lines may begin on the line below its quotes.
  SpecPlace inside_quotes(const SpecPlace& whole, const toml::source_region& region) {
    const std::string_view rest = lines_.rest(whole.line, whole.column);
    const bool is_long = rest.starts_with("\"\"\"") || rest.starts_with("'''");
    if (is_long && rest.size() == 3) {
      const int line = whole.line + 1;
      const bool ends_there = static_cast<int>(region.end.line) == line;
      const int end = ends_there ? static_cast<int>(region.end.column) - 3 : lines_.end_column(line, 1);
      return {line, 1, std::max(end, 2)};
    }
    const int quotes = is_long ? 3 : 1;
    const int begin = whole.column + quotes;
    return {whole.line, begin,
            std::max(is_one_line(region) ? whole.end_column - quotes : whole.end_column, begin + 1)};
  }

  Lines& lines_;
};

}  // namespace

std::string_view kind_words(TomlKind kind) {
  constexpr std::string_view words[] = {"a text",         "an integer", "a float", "a boolean",
                                        "a date or time", "a list",     "a table"};
  return words[static_cast<size_t>(kind)];
}

const TomlEntry* TomlNode::find(std::string_view key) const {
  for (const TomlEntry& entry : entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

SpecPlace place_of(std::string_view text, size_t at) {
  const std::string_view before = text.substr(0, at);
  const size_t start = before.rfind('\n') + 1;  // npos + 1 is 0
  const int line = static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1;
  const int column = static_cast<int>(count_code_points(before.substr(start))) + 1;
  return {line, column, column + 1};
}

std::variant<TomlNode, SpecMistake> parse_toml(std::string_view text) {
  std::optional<Unreadable> unreadable = find_unreadable(text);
  if (unreadable) text = text.substr(0, text.substr(0, unreadable->at).rfind('\n') + 1);  // npos + 1 is 0
  Lines lines(text);
  try {
    const toml::table document = toml::parse(text);
    if (unreadable) return std::move(unreadable->mistake);
    return Converter(lines).convert(document);
  } catch (const toml::parse_error& error) {
    const bool by_cut = error.description().find("end-of-file") != std::string_view::npos;
    if (unreadable && by_cut) return std::move(unreadable->mistake);
    const int line = static_cast<int>(error.source().begin.line);
    return explain_syntax_error(error.description(), lines.line(line), line,
                                static_cast<int>(error.source().begin.column));
  }
}

}  // namespace testloom
