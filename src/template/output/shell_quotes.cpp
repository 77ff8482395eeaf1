// ShellScanner's part for quotes, expansions and arithmetic.
#include <algorithm>

#include "template/output/shell_scanner.h"

namespace testloom::templating {

namespace {

constexpr std::string_view kExpansionHint = "assign it to a variable first, and use that";

bool is_name_begin(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_byte(char c) { return is_name_begin(c) || is_digit(c); }

}  // namespace

// The word that the quotes in the top frame are a part of, or null where they are inside an expansion.
ShellWord* ShellScanner::owner() {
  Frame& around = frames_[frames_.size() - 2];
  return around.kind == Frame::Kind::commands ? &around.word : nullptr;
}

// A frame that the shell puts something in for when it runs.
void ShellScanner::open_expansion(Frame frame, size_t length) {
  ShellWord* word = top().kind == Frame::Kind::commands        ? &top().word
                    : top().kind == Frame::Kind::double_quotes ? owner()
                                                               : nullptr;
  if (word != nullptr) {
    const Frame& around = top().kind == Frame::Kind::commands ? top() : frames_[frames_.size() - 2];
    const bool is_printed = frame.kind == Frame::Kind::commands && code_.at(frame.begin) == '$';
    frame.is_run = is_printed && around.redirect == Redirect::none && around.command.runs_next_word() &&
                   assigned_name(*word).empty();
    word->text += kExpansion;
    word->plain = false;
  }
  frame.end = frame.begin + length;
  push(std::move(frame));
}

// `at_` is at a dollar, in a word, in double quotes, or in an expansion.
void ShellScanner::scan_dollar() {
  const char next = code_.at(at_ + 1);
  const bool unquoted = top().kind != Frame::Kind::double_quotes;
  if (ShellWord* word = unquoted ? nullptr : owner()) {
    const std::string_view ahead = code_.text().substr(at_, 200);
    const std::string_view expansion = ahead.substr(0, ahead.find_first_of("}\""));
    word->has_list =
        word->has_list || next == '@' || (next == '{' && expansion.find('@') != std::string_view::npos);
  }
  if (code_.is_hole(at_ + 1)) {
    refuse(at_ + 1, "directly after '$'", "the shell would read both as one: write '\\$$' for a dollar");
    at_ += 2;
  } else if (next == '\\' && code_.at(at_ + 2) == '\n') {
    stop(at_, at_ + 2, "a line cannot end directly behind '$'", "");
  } else if (next == '(' && code_.at(at_ + 2) == '(') {
    open_expansion({.kind = Frame::Kind::arithmetic, .begin = at_, .end = 0}, 3);
  } else if (next == '(') {
    open_expansion({.kind = Frame::Kind::commands, .begin = at_, .end = 0, .closer = ')'}, 2);
  } else if (next == '{') {
    open_expansion({.kind = Frame::Kind::parameter, .begin = at_, .end = 0, .closer = '}'}, 2);
  } else if (next == '[') {
    stop(at_, at_ + 2, "sh and bash do not read '$[' alike",
         "write $((...)), or '\\$$[' for the two characters");
  } else if (next == '\'' && unquoted) {
    open_expansion({.kind = Frame::Kind::ansi_quotes, .begin = at_, .end = 0}, 2);
  } else if (next == '"' && unquoted) {
    open_expansion({.kind = Frame::Kind::double_quotes, .begin = at_, .end = 0, .translated = true}, 2);
  } else {
    open_expansion({.kind = Frame::Kind::parameter, .begin = at_, .end = 0}, 1);
    if (stopped_) return;
    frames_.pop_back();
    if (is_name_begin(next)) {
      while (is_name_byte(code_.at(at_)) && at_ < code_.size()) ++at_;
      name_end_ = at_;
    } else if (is_digit(next) || std::string_view("@*#?-$!").find(next) != std::string_view::npos) {
      ++at_;
    }
  }
}

void ShellScanner::step_in_single_quotes() {
  const char c = code_.at(at_);
  if (c == '\'') {
    pop(1);
  } else if (c == kHole) {
    add_hole(Rule::shell_single, true);
  } else {
    if (ShellWord* word = owner()) word->text += c;
    ++at_;
  }
}

void ShellScanner::step_in_ansi_quotes() {
  const char c = code_.at(at_);
  if (c == '\'') {
    pop(1);
  } else if (c == kHole) {
    refuse(at_++, "in $'...'", "close it before, and write the value outside: $'...'${...}$'...'");
  } else if (c == '\\' && code_.at(at_ + 1) == '\'') {
    stop(at_, at_ + 2, "sh and bash do not read \\' in $'...' alike", "write \\x27 for the quote");
  } else {
    if (c == '\\' && !code_.is_hole(at_ + 1) && code_.at(at_ + 1) != '\n') ++at_;
    ++at_;
  }
}

void ShellScanner::step_in_double_quotes() {
  const char c = code_.at(at_);
  if (c == '"') {
    pop(1);
  } else if (c == kHole && top().translated) {
    refuse(at_++, "in $\"...\"", "leave the '$' out");
  } else if (c == kHole && at_ == name_end_) {
    refuse(at_++, "directly after a variable, whose name it would lengthen",
           "write the variable as $${NAME}");
  } else if (c == kHole) {
    add_hole(Rule::shell_double, true);
  } else if (c == '\\' && code_.is_hole(at_ + 1)) {
    refuse(at_ + 1, "directly after a backslash", "leave the backslash out: a value needs none");
    at_ += 2;
  } else if (c == '\\' && code_.at(at_ + 1) == '\n') {
    if (name_end_ == at_) name_end_ += 2;
    at_ += 2;
  } else if (c == '$') {
    scan_dollar();
  } else if (c == '`') {
    open_expansion({.kind = Frame::Kind::backquotes, .begin = at_, .end = 0}, 1);
  } else {
    if (c == '\\') ++at_;
    if (ShellWord* word = owner()) word->text += code_.at(at_);
    ++at_;
  }
}

void ShellScanner::step_in_backquotes() {
  const char c = code_.at(at_);
  if (c == '`') {
    pop(1);
  } else if (c == kHole) {
    refuse(at_++, "in backquotes", "write $(...) instead");
  } else if (c == '\\' && !code_.is_hole(at_ + 1) && code_.at(at_ + 1) != '\n') {
    at_ += 2;
  } else {
    ++at_;
  }
}

// Inside ${...} or @(...), where no placeholder can stand.
void ShellScanner::step_in_group() {
  const char c = code_.at(at_);
  const bool is_parameter = top().kind == Frame::Kind::parameter;
  const bool in_quotes = frames_[frames_.size() - 2].kind == Frame::Kind::double_quotes;
  if (c == top().closer && top().depth == 0) {
    pop(1);
  } else if (c == kHole) {
    refuse(at_++, is_parameter ? "in an expansion ${...} of the shell's own" : "in an extended pattern",
           kExpansionHint);
  } else if (c == '\\') {
    at_ += code_.is_hole(at_ + 1) || code_.at(at_ + 1) == '\n' ? 1 : 2;
  } else if (c == '\'' && in_quotes) {
    stop(at_, at_ + 1, "shells do not read a single quote alike in ${...} in double quotes",
         "assign the text with the quote to a variable first");
  } else if (c == '\'') {
    push({.kind = Frame::Kind::single_quotes, .begin = at_, .end = at_ + 1});
  } else if (c == '"') {
    push({.kind = Frame::Kind::double_quotes, .begin = at_, .end = at_ + 1});
  } else if (c == '`') {
    push({.kind = Frame::Kind::backquotes, .begin = at_, .end = at_ + 1});
  } else if (c == '$') {
    scan_dollar();
  } else {
    if (!is_parameter && c == '(') ++top().depth;
    if (!is_parameter && c == ')') --top().depth;
    ++at_;
  }
}

void ShellScanner::step_in_arithmetic() {
  const char c = code_.at(at_);
  if (c == '(') {
    ++top().depth;
    ++at_;
  } else if (c == ')' && top().depth > 0) {
    --top().depth;
    ++at_;
  } else if (c == ')' && code_.at(at_ + 1) == ')') {
    pop(2);
  } else if (c == ')') {
    stop(top().begin, top().end, "these brackets begin arithmetic, and do not end it",
         "write a blank between them for a subshell");
  } else if (c == kHole) {
    place_number();
  } else if (c == '\'') {
    stop(at_, at_ + 1, "a single quote cannot stand in arithmetic", "");
  } else if (c == '"') {
    push({.kind = Frame::Kind::double_quotes, .begin = at_, .end = at_ + 1});
  } else if (c == '`') {
    push({.kind = Frame::Kind::backquotes, .begin = at_, .end = at_ + 1});
  } else if (c == '$') {
    scan_dollar();
  } else {
    at_ += c == '\\' && !code_.is_hole(at_ + 1) && code_.at(at_ + 1) != '\n' ? 2 : 1;
  }
}

void ShellScanner::place_number() {
  const size_t placeholder = code_.placeholder_at(at_);
  const auto touches = [](char c) {
    return is_name_byte(c) || c == kHole ||
           std::string_view("#.$@\\\"`}{").find(c) != std::string_view::npos ||
           static_cast<unsigned char>(c) >= 0x80;
  };
  if (touches(code_.at(at_ - 1)) || (touches(code_.at(at_ + 1)) && at_ + 1 < code_.size())) {
    verdicts_.refuse(placeholder, "touching a name or a number in arithmetic",
                     "write a blank or an operator between");
  } else if (!can_be_integer(verdicts_, placeholder)) {
    verdicts_.refuse(placeholder, "in arithmetic, where only an integer can", "convert it with int(...)");
  } else {
    verdicts_.accept(placeholder, {.rule = Rule::shell_number});
  }
  ++at_;
}

}  // namespace testloom::templating
