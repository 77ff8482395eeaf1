#include "plan/spec/toml_syntax.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"

namespace testloom {

namespace {

bool is_key_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

// A place in one line, in bytes.
struct Spot {
  std::string_view line;
  int number = 0;
  size_t begin = 0, end = 0;

  std::string_view text() const { return line.substr(begin, end - begin); }
  SpecMistake mistake(std::string message, std::string hint) const {
    const int column = static_cast<int>(count_code_points(line.substr(0, begin))) + 1;
    const int width = static_cast<int>(count_code_points(text()));
    return {{number, column, column + std::max(width, 1)}, std::move(message), std::move(hint)};
  }
};

bool is_word_byte(char c) {
  return is_key_byte(c) || c == '.' || c == '+' || static_cast<uint8_t>(c) >= 0x80;
}

// The spot grown to the word that it stands in.
Spot word_at(Spot spot) {
  if (spot.end > spot.begin && !is_word_byte(spot.line[spot.begin])) spot.end = spot.begin;
  while (spot.begin > 0 && is_word_byte(spot.line[spot.begin - 1])) --spot.begin;
  while (spot.end < spot.line.size() && is_word_byte(spot.line[spot.end])) ++spot.end;
  return spot;
}

std::string text_hint(std::string_view word) {
  std::string lower(word);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  if (lower == "true" || lower == "false") return fmt::format("write {}", lower);
  if (lower == "none" || lower == "null" || lower == "nil")
    return "there is no such value; leave the key out";
  return fmt::format("a text stands in quotes: \"{}\"", one_line(word, 40));
}

std::string plain(std::string_view reason) {
  std::string out(reason);
  const auto replace = [&](std::string_view from, std::string_view to) {
    if (const size_t at = out.find(from); at != std::string::npos) out.replace(at, from.size(), to);
  };
  replace("saw '\\n'", "but the line ends");
  replace("saw '\\r'", "but the line ends");
  replace(", saw", ", not");
  replace(", but", " but");
  replace("a comment or whitespace", "the end of the line");
  replace("keys, tables, whitespace or comments", "a key or a header");
  replace("expected value", "expected a value");
  replace("unescaped control characters other than TAB (U+0009) are explicitly prohibited",
          "a control character in a text");
  replace("control characters other than TAB (U+0009) are explicitly prohibited in comments",
          "a control character in a comment");
  replace("control characters other than TAB (U+0009) are explicitly prohibited",
          "a control character in a text");
  replace("tables with blank bare keys are explicitly prohibited", "the header has no name");
  replace("not closing '}' (dangling comma)", "not '}'");
  replace("closing ", "");
  return one_line(out);
}

// A word where a value should be.
SpecMistake explain_value(const Spot& spot, std::string_view reason) {
  const Spot word = word_at(spot);
  const std::string_view text = word.text();
  if (text.empty()) return spot.mistake("a value is missing or no TOML value", "a text stands in quotes");
  const char first = text.front();
  const bool like_number = (first >= '0' && first <= '9') || first == '.' || first == '+' || first == '-';
  if (!like_number) return word.mistake(fmt::format("{} is no value", quote(text, 60)), text_hint(text));
  if (reason.find("not representable") != std::string_view::npos)
    return word.mistake(fmt::format("{} does not fit into 64 bits", quote(text, 60)),
                        "the largest integer is 9223372036854775807");
  if (reason.starts_with('\''))
    return word.mistake(fmt::format("{} is no number that a float can hold", quote(text, 60)),
                        "the largest is about 1.8e308");
  return word.mistake(fmt::format("{} is no value: {}", quote(text, 60), plain(reason)),
                      "numbers are written 16, 1_000, 0.5 or 1e-5; a text stands in quotes");
}

// "cannot redefine existing integer 'a.b' as table": the spot becomes the name.
SpecMistake explain_twice(Spot spot, std::string_view reason) {
  const size_t open = reason.find('\''), close = reason.rfind('\'');
  if (open == std::string_view::npos || close <= open + 1)
    return word_at(spot).mistake("the key has a value already", "keep one of the two");
  const std::string_view name = reason.substr(open + 1, close - open - 1);
  size_t at = spot.line.substr(0, spot.begin).rfind(name);
  if (at == std::string_view::npos) at = spot.line.find(name);
  if (at != std::string_view::npos) {
    spot.begin = at;
    spot.end = at + name.size();
  }
  return spot.mistake(fmt::format("{} is given twice", quote(name, 60)), "keep one of the two");
}

std::string_view words_for(std::string_view scope) {
  if (scope == "array") return "a list";
  if (scope == "inline table") return "a table";
  if (scope == "table header") return "a header";
  if (scope.ends_with("string")) return "a text";
  return "a value";
}

struct Advice {
  std::string_view part;  // of toml++'s reason
  std::string_view hint;
};

// The first that fits is taken.
constexpr auto kAdvice = std::to_array<Advice>({
    {"unknown escape sequence", "write \\\\ for a backslash, or the text in single quotes"},
    {"expected hex digit", "\\u takes four digits, \\U eight"},
    {"dangling comma", "leave out the last comma"},
    {"closing ']'", "a list is [1, 2]: commas between the values, ']' at the end"},
    {"closing '}'", "a table is {range = [1, 8], step = \"x2\"}, on one line"},
    {"expected ']'", "a header is [plan] or [[plan.exclude]] on a line of its own"},
    {"blank bare keys", "a header is [plan] or [[plan.exclude]]"},
    {"a comment or whitespace", "one key = value a line; # begins a comment"},
    {"expected value, saw", "write a value behind '='"},
    {"expected '='", "write key = value"},
    {"expected keys, tables",
     "write key = value or a header such as [plan]; other keys than a-z, 0-9, _ and - stand in quotes"},
    {"after '\\r'", "end lines with a newline"},
    {"control character", "leave it out, or write it in a text as \\u and four digits"},
});

// Goes through a text as toml++ does, in step with it up to the first mistake.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::optional<Unreadable> scan() {
    while (at_ < text_.size() && !found_) {
      const char c = text_[at_];
      const bool is_quote = c == '"' || c == '\'';
      const bool is_header = c == '[' && open_.empty() && begins_line_;
      if (is_header) check_header();
      in_header_ = is_header || (in_header_ && c != '\n');
      begins_line_ = c == '\n' || (begins_line_ && (c == ' ' || c == '\t'));
      if (is_quote || is_key_byte(c)) {
        if (names_ == 0) {
          key_ = at_;
          names_ = 1;
        }
      } else if (c == '.') {
        if (++names_ > kMaxKeyNames) refuse_key();
      } else if (is_foreign(at_)) {
        refuse_word();
      } else if (c != ' ' && c != '\t') {
        names_ = 0;
        follow_bracket(c);
        const bool in_list = open_.ends_with('[') && !in_header_ && (c == '[' || c == ',');
        if (c == '=' || in_list) check_value(at_ + 1, in_list);
      }
      if (is_quote) {
        skip_text();
      } else {
        at_ = c == '#' ? std::min(text_.find('\n', at_), text_.size()) : at_ + 1;
      }
    }
    return std::move(found_);
  }

 private:
  // A name stands in the brackets, or nothing.
  void check_header() {
    const size_t inside = at_ + (text_.substr(at_).starts_with("[[") ? 2 : 1);
    const size_t next = text_.find_first_not_of(" \t", inside);
    if (next == std::string_view::npos || is_key_byte(text_[next]) || is_foreign(next)) return;
    const bool is_second_bracket = text_[next] == '[' && inside == at_ + 1;
    if (text_[next] == '"' || text_[next] == '\'' || text_[next] == ']' || is_second_bracket) return;
    const Spot place = spot(next, next + (text_[next] == '\n' ? 0 : 1));
    found_ = {next,
              place.mistake(text_[next] == '\n' ? "expected a name but the line ends"
                                                : fmt::format("expected a name, not {}", quote(place.text())),
                            "a header is [plan] or [[plan.exclude]]")};
  }

  // What is no text, list or table goes to the next blank, comma or closing bracket; toml++ looks ahead that
  // far whatever stands there.
  void check_value(size_t at, bool in_list) {
    constexpr std::string_view ends = " \t\r\n]},#";
    at = text_.find_first_not_of(in_list ? " \t\r\n" : " \t", at);
    while (in_list && at != std::string_view::npos && text_[at] == '#') {
      const size_t line_end = std::min(text_.find('\n', at), text_.size());
      at = text_.find_first_not_of(" \t\r\n", line_end);
    }
    if (at == std::string_view::npos || found_) return;
    if (ends.find(text_[at]) != std::string_view::npos) return;
    if (std::string_view("\"'[{").find(text_[at]) != std::string_view::npos) return;
    size_t end = std::min(text_.find_first_of(ends, at), text_.size());
    bool is_plain = true;
    const bool has_time = end == at + 10 && text_[at + 4] == '-' && text_.substr(end, 1) == " " &&
                          end + 1 < text_.size() && text_[end + 1] >= '0' && text_[end + 1] <= '9';
    if (has_time) {
      end = std::min(text_.find_first_of(ends, end + 1), text_.size());
      is_plain = end > at + 12;
    }
    const std::string_view value = text_.substr(at, end - at);
    is_plain = is_plain && std::all_of(value.begin(), value.end(),
                                       [](char c) { return is_word_byte(c) || c == ':' || c == ' '; });
    if (is_plain) return;
    found_ = {at,
              spot(at, end).mistake(fmt::format("{} is no value", quote(value, 60)),
                                    "numbers are written 16, 1_000, 0.5 or 1e-5; a text stands in quotes")};
  }

  void follow_bracket(char c) {
    if (c == '[' || c == '{') open_ += c;
    if ((c != ']' && c != '}') || open_.empty()) return check_nesting();
    if (c == '}' && open_.back() == '[') {
      found_ = {at_, spot(at_, at_ + 1).mistake("expected ']', not '}'", "close the list or header first")};
    }
    open_.pop_back();
  }

  void check_nesting() {
    if (open_.size() <= kMaxNesting || found_) return;
    found_ = {at_, spot(at_, at_ + 1)
                       .mistake(fmt::format("lists and tables are nested more than {} deep", kMaxNesting),
                                "nothing in a spec needs that")};
  }

  bool is_foreign(size_t at) const { return at < text_.size() && static_cast<uint8_t>(text_[at]) >= 0x80; }

  // Behind the text in quotes that begins here, or behind the line or file that it is not closed in.
  void skip_text() {
    const char quote = text_[at_];
    const bool is_long = text_.substr(at_).starts_with(quote == '"' ? "\"\"\"" : "\'\'\'");
    at_ += is_long ? 3 : 1;
    while (at_ < text_.size()) {
      if (quote == '"' && text_[at_] == '\\') {
        if (is_long) check_line_end(at_ + 1);
        at_ = std::min(at_ + 2, text_.size());
      } else if (text_[at_] == quote) {
        const size_t run = std::min(text_.find_first_not_of(quote, at_), text_.size()) - at_;
        if (!is_long) {
          ++at_;
          return;
        }
        at_ += std::min<size_t>(run, 5);  // up to two quotes belong to the text
        if (run >= 3) return;
      } else if (!is_long && text_[at_] == '\n') {
        return;
      } else {
        ++at_;
      }
    }
  }

  // Behind a backslash in a text of several lines.
  void check_line_end(size_t at) {
    const size_t next = std::min(text_.find_first_not_of(" \t\r\n", at), text_.size());
    if (!is_foreign(next) || found_) return;
    const std::string shown = quote(text_.substr(next, decode_utf8(text_, next).length));
    if (text_.substr(at, next - at).find('\n') == std::string_view::npos) {
      found_ = {at - 1, spot(at - 1, at)
                            .mistake(fmt::format("a backslash before {}", shown),
                                     "write \\\\ for a backslash, or the text in single quotes")};
    } else {
      found_ = {next,
                spot(next, next + 1)
                    .mistake(fmt::format("a line cannot begin with {} behind one that ends with a backslash",
                                         shown),
                             "leave out the backslash, or break the line elsewhere")};
    }
  }

  void refuse_key() {
    found_ = {key_, spot(key_, key_)
                        .mistake(fmt::format("more than {} names in one key", kMaxKeyNames),
                                 "write it with fewer dots")};
  }

  void refuse_word() {
    const CodePoint point = decode_utf8(text_, at_);
    const char32_t c = point.value;
    const Spot alone = spot(at_, at_ + point.length);
    const bool is_blank =
        c == 0xA0 || (c >= 0x2000 && c <= 0x200B) || c == 0x202F || c == 0x205F || c == 0x3000 || c == 0xFEFF;
    if (is_blank) {
      found_ = {at_,
                alone.mistake(fmt::format("a blank of another kind (U+{:04X})", static_cast<uint32_t>(c)),
                              "write a plain blank")};
      return;
    }
    const bool is_quote = c == 0xAB || c == 0xBB || (c >= 0x2018 && c <= 0x201F);
    const Spot word = word_at(alone);
    const std::string shown = one_line(word.text(), 60);
    found_ = {at_,
              word.mistake(fmt::format("'{}' stands outside of quotes", shown),
                           is_quote ? "quotes are straight: \" or '"
                                    : fmt::format("letters other than a-z stand in quotes: \"{}\"", shown))};
  }

  Spot spot(size_t begin, size_t end) const {
    const SpecPlace place = place_of(text_, begin);
    const size_t start = begin == 0 ? 0 : text_.rfind('\n', begin - 1) + 1;  // npos + 1 is 0
    std::string_view line = text_.substr(start);
    line = line.substr(0, line.find('\n'));
    return {line, place.line, begin - start, end - start};
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t key_ = 0, names_ = 0;  // where a key begins, and how many names it has so far
  std::string open_;            // brackets
  bool begins_line_ = true, in_header_ = false;
  std::optional<Unreadable> found_;
};

}  // namespace

std::optional<Unreadable> find_unreadable(std::string_view text) { return Scanner(text).scan(); }

SpecMistake explain_syntax_error(std::string_view description, std::string_view source_line, int line,
                                 int column) {
  constexpr std::string_view kBegin = "Error while parsing ";
  if (description.starts_with(kBegin)) description.remove_prefix(kBegin.size());
  const size_t colon = std::min(description.find(": "), description.size());
  const std::string_view scope = description.substr(0, colon);
  const std::string_view reason = description.substr(std::min(colon + 2, description.size()));

  Spot spot{source_line, line};
  for (int at = 1; at < column && spot.begin < source_line.size(); ++at)
    spot.begin += decode_utf8(source_line, spot.begin).length;
  const bool at_line_end = spot.begin == source_line.size();
  spot.end = at_line_end ? spot.begin : spot.begin + decode_utf8(source_line, spot.begin).length;

  if (reason.starts_with("cannot")) return explain_twice(spot, reason);
  const bool in_text = scope.ends_with("string");
  if (in_text && at_line_end && reason.find("control char") != std::string_view::npos)
    return spot.mistake("the text is not closed on its line",
                        "close it with a quote; a text of several lines stands in \"\"\"");
  if (reason.starts_with("encountered end-of-file") && scope != "boolean" && scope != "value")
    return spot.mistake(fmt::format("the file ends within {}", words_for(scope)), "close it");
  for (const std::string_view value_scope : {"boolean", "value", "floating", "integer", "date", "time"}) {
    if (scope.find(value_scope) != std::string_view::npos && scope != "key-value pair" &&
        reason.find("control char") == std::string_view::npos)
      return explain_value(spot, reason);
  }
  std::string_view hint = "the file is TOML 1.0";
  for (const Advice& advice : kAdvice) {
    if (reason.find(advice.part) == std::string_view::npos) continue;
    hint = advice.hint;
    break;
  }
  return spot.mistake(plain(reason), std::string(hint));
}

}  // namespace testloom
