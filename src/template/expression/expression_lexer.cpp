#include "template/expression/expression_lexer.h"

#include <array>
#include <charconv>

#include <fmt/core.h>

#include "base/text.h"
#include "template/expression/string_literal.h"
#include "template/python_words.h"

namespace testloom::templating {

namespace {

using Kind = ExpressionToken::Kind;

constexpr auto kOperators =
    std::to_array<std::string_view>({"**", "//", "<=", ">=", "==", "!=", "+", "-", "*", "/", "%", "<",
                                     ">",  "(",  ")",  "[",  "]",  "{",  "}", ",", ":", ".", "="});

class ExpressionLexer {
 public:
  ExpressionLexer(const Sources& sources, Span span, Arena& constants, Mistakes& mistakes)
      : text_(sources.file(span.file).text().substr(0, span.end)),
        file_(span.file),
        at_(span.begin),
        constants_(constants),
        mistakes_(mistakes) {}

  std::vector<ExpressionToken> run() {
    while (at_ < text_.size()) step();
    tokens_.push_back({Kind::end, span(text_.size(), text_.size())});
    return std::move(tokens_);
  }

 private:
  Span span(size_t begin, size_t end) const { return {begin, end, file_}; }
  char at(size_t offset) const { return offset < text_.size() ? text_[offset] : '\0'; }

  void step() {
    const char c = text_[at_];
    if (c == ' ' || c == '\t') {
      ++at_;
    } else if (c == '"' || c == '\'') {
      lex_string(at_);
    } else if (is_digit(c) || (c == '.' && is_digit(at(at_ + 1)))) {
      lex_number();
    } else if (is_word_byte(c)) {
      lex_word();
    } else {
      lex_operator();
    }
  }

  void add(Kind kind, size_t end) {
    tokens_.push_back({kind, span(at_, end), text_.substr(at_, end - at_)});
    at_ = end;
  }

  void refuse(size_t end, std::string message, std::string hint) {
    mistakes_.push_back({span(at_, end), std::move(message), std::move(hint)});
    at_ = end;
  }

  void lex_word() {
    size_t end = at_;
    while (is_word_byte(at(end))) ++end;
    const bool quoted_next = at(end) == '"' || at(end) == '\'';
    quoted_next&& end - at_ <= 2 ? lex_string(end) : add(Kind::name, end);
  }

  void lex_string(size_t quote) {
    const std::string_view prefix = text_.substr(at_, quote - at_);
    const StringLiteral literal = read_string_literal(text_, quote, prefix, constants_);
    if (!literal.problem.empty()) {
      const size_t end = literal.end;
      if (literal.bad_end > literal.bad_begin) {
        mistakes_.push_back({span(literal.bad_begin, literal.bad_end), literal.problem, literal.hint});
        at_ = end;
      } else {
        refuse(end, literal.problem, literal.hint);
      }
      return;
    }
    add(Kind::constant, literal.end);
    tokens_.back().constant = text_datum(literal.value);
  }

  void lex_number() {
    size_t end = at_;
    const char kind = static_cast<char>(at(at_ + 1) | 0x20);
    const bool based = text_[at_] == '0' && (kind == 'x' || kind == 'o' || kind == 'b');
    // Everything that could belong to it, so that 1x and 0b2 are one mistake.
    while (is_word_byte(at(end)) || (!based && at(end) == '.') ||
           (!based && (at(end) == '+' || at(end) == '-') && (text_[end - 1] | 0x20) == 'e')) {
      ++end;
    }
    const std::string_view whole = text_.substr(at_, end - at_);
    std::string digits;
    if (!take_digits(whole, digits)) {
      return refuse(end, fmt::format("{} is not a number", quote(whole)), "");
    }
    if (based) {
      const int base = kind == 'x' ? 16 : kind == 'o' ? 8 : 2;
      add_integer(digits.substr(2), base, end, whole);
    } else if (digits.find_first_not_of("0123456789") == std::string::npos) {
      if (digits.size() > 1 && digits[0] == '0' && digits.find_first_not_of('0') != std::string::npos) {
        return refuse(end, fmt::format("the number {} begins with 0", quote(whole)),
                      "write it without, or 0o… for octal");
      }
      add_integer(digits, 10, end, whole);
    } else {
      add_float(digits, end, whole);
    }
  }

  // The number without its underscores, which may stand between digits alone.
  static bool take_digits(std::string_view whole, std::string& digits) {
    for (size_t i = 0; i < whole.size(); ++i) {
      if (whole[i] != '_') {
        digits += whole[i];
      } else if (i + 1 == whole.size() || !is_word_byte(whole[i + 1]) || whole[i + 1] == '_' || i == 0 ||
                 !is_word_byte(whole[i - 1])) {
        return false;
      }
    }
    return true;
  }

  void add_integer(const std::string& digits, int base, size_t end, std::string_view whole) {
    uint64_t number = 0;
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
    constexpr uint64_t two_to_63 = uint64_t{1} << 63;
    if (error == std::errc::result_out_of_range || (error == std::errc() && number > two_to_63)) {
      return refuse(end, fmt::format("the integer {} is too large", quote(whole)),
                    "expressions count in 64 bits");
    }
    if (error != std::errc() || stop != digits.data() + digits.size()) {
      return refuse(end, fmt::format("{} is not a number", quote(whole)), "");
    }
    add(Kind::constant, end);
    tokens_.back().constant = integer_datum(static_cast<int64_t>(number));
    tokens_.back().is_two_to_63 = number == two_to_63;
  }

  void add_float(const std::string& digits, size_t end, std::string_view whole) {
    double number = 0;
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    const bool out_of_range = error == std::errc::result_out_of_range;
    if ((error != std::errc() && !out_of_range) || stop != digits.data() + digits.size()) {
      return refuse(end, fmt::format("{} is not a number", quote(whole)), "");
    }
    if (out_of_range) number = std::strtod(digits.c_str(), nullptr);  // inf or the nearest to 0, as in Python
    add(Kind::constant, end);
    tokens_.back().constant = number_datum(number);
  }

  void lex_operator() {
    const std::string_view rest = text_.substr(at_, 2);
    for (const std::string_view candidate : kOperators) {
      if (rest.starts_with(candidate)) return add(Kind::op, at_ + candidate.size());
    }
    const CodePoint point = decode_utf8(text_, at_);
    const std::string_view bytes = text_.substr(at_, point.length);
    refuse(at_ + point.length, fmt::format("{} has no meaning in an expression", quote(bytes)),
           std::string_view("&|^~@").find(bytes) != std::string_view::npos ? "work on bits in Python" : "");
  }

  std::string_view text_;
  uint32_t file_;
  size_t at_;
  Arena& constants_;
  Mistakes& mistakes_;
  std::vector<ExpressionToken> tokens_;
};

}  // namespace

std::vector<ExpressionToken> lex_expression(const Sources& sources, Span span, Arena& constants,
                                            Mistakes& mistakes) {
  return ExpressionLexer(sources, span, constants, mistakes).run();
}

}  // namespace testloom::templating
