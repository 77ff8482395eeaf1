// YamlScanner's part for quoted scalars and flow collections, both of which can go over several lines.
#include <algorithm>

#include <fmt/core.h>

#include "template/output/yaml_scanner.h"

namespace testloom::templating {

namespace {

constexpr std::string_view kQuoteHint = "put the whole scalar into double quotes";
constexpr size_t kDeepest = 200;

bool is_hex_digit(char c) { return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); }
bool is_flow_sign(char c) { return c == ',' || c == '[' || c == ']' || c == '{' || c == '}'; }

}  // namespace

// `at_` is at the quote. `refused`: no placeholder can stand in the scalar.
void YamlScanner::scan_quoted(bool refused) {
  const size_t begin = at_;
  quote_ = code_.at(at_++);
  Quoted scalar;
  while (!stopped_) {
    const char c = code_.at(at_);
    if (at_ >= code_.size()) {
      stop(begin, begin + 1, "this quoted scalar is never closed",
           fmt::format("write {} where it ends", code_.at(begin)));
    } else if (at_line_end()) {
      scalar.on_several_lines = true;
      next_line();
    } else if (c == kHole) {
      scan_quoted_hole(scalar);
    } else if (c == '\\' && quote_ == '"') {
      scan_quoted_escape();
    } else if (c == quote_ && !(c == '\'' && code_.at(at_ + 1) == '\'')) {
      break;
    } else {
      at_ += c == quote_ ? 2 : 1;
    }
  }
  if (stopped_) return;
  ++at_;
  place_quoted(scalar, quote_, refused);
  quote_ = 0;
}

// The scalar before turns out to be a key.
void YamlScanner::place_key() {
  for (const size_t hole : quoted_holes_) {
    const size_t placeholder = code_.placeholder_at(hole);
    if (!verdicts_.placements()[placeholder]) continue;
    Placement placement = *verdicts_.placements()[placeholder];
    placement.alone = true;
    verdicts_.accept(placeholder, placement);
  }
  quoted_holes_.clear();
}

void YamlScanner::place_quoted(const Quoted& scalar, char quote, bool refused) {
  const Placement placement{.rule = quote == '"' ? Rule::yaml_double : Rule::yaml_single,
                            .begins = quote == '"' && scalar.on_several_lines};
  quoted_holes_ = scalar.holes;
  for (const size_t hole : scalar.holes) {
    if (refused) {
      refuse(hole, "touching another scalar", kQuoteHint);
    } else if (quote == '\'' && scalar.on_several_lines) {
      refuse(hole, "in a scalar in single quotes that goes over several lines", kQuoteHint);
    } else {
      verdicts_.accept(code_.placeholder_at(hole), placement);
    }
  }
}

void YamlScanner::scan_quoted_hole(Quoted& scalar) {
  // Three characters at a line's beginning could end the document.
  const std::string_view before = code_.text(line_begin_, at_);
  const bool could_mark =
      before.size() < 3 && before.find_first_not_of(std::string_view("-.\0", 3)) == std::string_view::npos;
  if (scalar.on_several_lines && could_mark) {
    refuse(at_, "at the beginning of a line of a quoted scalar", "indent the line");
  }
  scalar.holes.push_back(at_);
  ++at_;
}

// `at_` is at a backslash between double quotes.
void YamlScanner::scan_quoted_escape() {
  const char kind = code_.at(++at_);
  if (kind == '\n' || kind == '\r') return;
  size_t digits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
  if (kind != kHole) ++at_;
  const bool has_digits = digits > 0;
  for (; digits > 0 && is_hex_digit(code_.at(at_)); --digits) ++at_;
  if (code_.is_hole(at_) && (kind == kHole || (has_digits && digits > 0))) {
    refuse(at_, "in an escape sequence or directly after a backslash",
           "write '\\\\' for a backslash, or give the escape all its digits");
    ++at_;
  }
}

// `at_` is at the outermost bracket; goes behind the one that closes it.
void YamlScanner::scan_flow() {
  expected_ = kItem;
  do {
    const char c = code_.at(at_);
    if (at_ >= code_.size()) {
      stop(opened_at_.back(), opened_at_.back() + 1,
           fmt::format("'{}' is never closed", code_.at(opened_at_.back())), "");
    } else if (at_line_end()) {
      next_line();
    } else if (is_blank(at_)) {
      ++at_;
    } else if (begins_comment()) {
      scan_comment();
      if ((expected_ & kMorePlain) != 0) expected_ = (expected_ & ~kMorePlain) | kEnd;
    } else if (is_flow_sign(c) || is_flow_colon() || (c == '?' && is_blank_or_end(at_ + 1))) {
      scan_flow_sign(c);
    } else if ((expected_ & kMorePlain) != 0 && expected_ != kMorePlain) {
      stop(at_, at_ + 1, "it is not clear whether this belongs to the scalar before it",
           "end each item with a comma, or put it into double quotes");
    } else if (expected_ == kMorePlain ||
               (c != kHole && c != '"' && c != '\'' && c != '!' && c != '&' && c != '*')) {
      scan_flow_plain();
    } else if (c == kHole) {
      scan_flow_hole();
    } else if (c == '"' || c == '\'') {
      scan_quoted((expected_ & kItem) == 0);
      expected_ = kEnd;
      json_like_ = true;
    } else {
      scan_property();
      if (c == '*') expected_ = kEnd;
      json_like_ = false;
    }
  } while (!stopped_ && !brackets_.empty());
}

// A colon that separates a key from its value.
bool YamlScanner::is_flow_colon() const {
  if (code_.at(at_) != ':') return false;
  return json_like_ || is_blank_or_end(at_ + 1) || is_flow_sign(code_.at(at_ + 1));
}

void YamlScanner::scan_flow_sign(char c) {
  if (c == '[' || c == '{') {
    if (brackets_.size() == kDeepest) {
      stop(at_, at_ + 1, fmt::format("brackets nested more than {} deep", kDeepest), "");
      return;
    }
    brackets_ += c;
    opened_at_.push_back(at_);
    expected_ = kItem;
  } else if (c == ']' || c == '}') {
    if (brackets_.back() != (c == ']' ? '[' : '{')) {
      stop(at_, at_ + 1, fmt::format("'{}' does not close '{}'", c, brackets_.back()), "");
      return;
    }
    brackets_.pop_back();
    opened_at_.pop_back();
    expected_ = kEnd;
  } else {
    if (c == ':') place_key();
    expected_ = kItem;
  }
  quoted_holes_.clear();
  json_like_ = c == ']' || c == '}';
  ++at_;
}

// `at_` is at a placeholder that no plain scalar goes before.
void YamlScanner::scan_flow_hole() {
  size_t next = at_ + 1;
  while (is_blank(next)) ++next;
  const char c = code_.at(next);
  const bool is_key = c == ':' && (is_blank_or_end(next + 1) || is_flow_sign(code_.at(next + 1)));
  const bool is_free =
      is_key || c == ',' || c == ']' || c == '}' || c == '\n' || c == '\r' || (c == '#' && next > at_ + 1);
  if ((expected_ & kItem) == 0 || !is_free) {
    refuse(at_, "touching another scalar", kQuoteHint);
  } else {
    verdicts_.accept(code_.placeholder_at(at_), {.rule = Rule::yaml_value, .alone = is_key});
  }
  ++at_;
  expected_ = kMorePlain;
  json_like_ = false;  // a number is written without quotes
}

void YamlScanner::scan_flow_plain() {
  json_like_ = false;
  while (!at_line_end() && !begins_comment() && !is_flow_sign(code_.at(at_)) && !is_flow_colon()) {
    if (code_.is_hole(at_)) refuse(at_, "in a scalar without quotes", kQuoteHint);
    ++at_;
  }
  expected_ = kMorePlain;
}

}  // namespace testloom::templating
