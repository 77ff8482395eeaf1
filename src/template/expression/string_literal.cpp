#include "template/expression/string_literal.h"

#include <fmt/core.h>

#include "base/text.h"
#include "template/python_words.h"

namespace testloom::templating {

namespace {

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

class StringReader {
 public:
  StringReader(std::string_view text, size_t quote, std::string_view prefix)
      : text_(text), begin_(quote), at_(quote), prefix_(prefix) {}

  StringLiteral read(Arena& arena) {
    read_prefix();
    const char quote = text_[at_];
    const bool triple = text_.substr(at_, 3) == std::string(3, quote);
    const std::string close(triple ? 3 : 1, quote);
    at_ += close.size();
    while (at_ < text_.size() && !text_.substr(at_).starts_with(close)) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        read_escape();
      } else {
        value_ += text_[at_++];
      }
    }
    if (at_ >= text_.size()) {
      literal_.problem = "this string is never closed";
      literal_.hint = fmt::format("write {} where it ends", close);
      literal_.bad_begin = begin_;
      literal_.bad_end = begin_ + close.size();
      literal_.end = text_.size();
    } else {
      literal_.end = at_ + close.size();
    }
    literal_.value = arena.copy(value_);
    return std::move(literal_);
  }

 private:
  void refuse(size_t begin, size_t end, std::string problem, std::string hint) {
    if (!literal_.problem.empty()) return;
    literal_.problem = std::move(problem);
    literal_.hint = std::move(hint);
    literal_.bad_begin = begin;
    literal_.bad_end = end;
  }

  void read_prefix() {
    if (prefix_.empty() || prefix_ == "u" || prefix_ == "U") return;
    raw_ = prefix_ == "r" || prefix_ == "R";
    if (raw_) return;
    const bool known = prefix_.find_first_not_of("rRbBfF") == std::string_view::npos;
    refuse(begin_ - prefix_.size(), begin_,
           known ? fmt::format("an expression has no {} literals", prefix_)
                 : fmt::format("{} is no string prefix", quote(prefix_)),
           known ? "write an ordinary string, and + to join texts" : "");
  }

  // `at_` is at a backslash that something follows.
  void read_escape() {
    const char c = text_[at_ + 1];
    constexpr std::string_view letters = "\\'\"abfnrtv";
    constexpr std::string_view meanings = "\\'\"\a\b\f\n\r\t\v";
    if (raw_) {
      value_ += text_.substr(at_, 2);
      at_ += 2;
    } else if (const size_t found = letters.find(c); found != std::string_view::npos) {
      value_ += meanings[found];
      at_ += 2;
    } else if (c >= '0' && c <= '7') {
      read_octal();
    } else if (c == 'x' || c == 'u' || c == 'U') {
      read_hex(c == 'x' ? 2 : c == 'u' ? 4 : 8);
    } else if (c == 'N') {
      refuse(at_, at_ + 2, "an expression has no \\N{...} escapes", "write the character itself, or \\uXXXX");
      at_ += 2;
    } else {
      value_ += '\\';  // no escape: Python keeps the backslash
      ++at_;
    }
  }

  void read_octal() {
    size_t end = at_ + 1;
    char32_t number = 0;
    for (; end < at_ + 4 && end < text_.size() && text_[end] >= '0' && text_[end] <= '7'; ++end) {
      number = number * 8 + static_cast<char32_t>(text_[end] - '0');
    }
    append_utf8(value_, number);
    at_ = end;
  }

  void read_hex(size_t digits) {
    size_t end = at_ + 2;
    char32_t number = 0;
    while (end < at_ + 2 + digits && end < text_.size() && hex_value(text_[end]) >= 0) {
      number = number * 16 + static_cast<char32_t>(hex_value(text_[end++]));
    }
    if (end < at_ + 2 + digits) {
      refuse(at_, end, fmt::format("this escape lacks some of its {} digits", digits), "");
    } else if (number > 0x10FFFF || (number >= 0xD800 && number < 0xE000)) {
      refuse(at_, end, "this escape is no character", "");
    } else {
      append_utf8(value_, number);
    }
    at_ = end;
  }

  std::string_view text_;
  size_t begin_;
  size_t at_;
  std::string_view prefix_;
  bool raw_ = false;
  std::string value_;
  StringLiteral literal_;
};

}  // namespace

StringLiteral read_string_literal(std::string_view text, size_t quote, std::string_view prefix,
                                  Arena& arena) {
  return StringReader(text, quote, prefix).read(arena);
}

}  // namespace testloom::templating
