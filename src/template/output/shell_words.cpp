// ShellScanner's part for commands: operators, redirections and parentheses, and what becomes of each word.
#include <algorithm>

#include "template/output/shell_scanner.h"

namespace testloom::templating {

namespace {

using Position = ShellCommand::Position;

// What stands directly before < or > and is no word then: a descriptor's number, or {name}.
bool is_descriptor(const ShellWord& word) {
  if (word.quoted || word.text.empty() || !word.holes.empty()) return false;
  if (word.text.front() == '{' && word.text.back() == '}') return true;
  return word.text.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace

void ShellScanner::add_hole(Rule rule, bool quoted) {
  ShellWord* word = quoted ? owner() : &top().word;
  const size_t placeholder = code_.placeholder_at(at_);
  if (word == nullptr) {
    refuse(at_, "inside an expansion", "assign it to a variable first, and use that");
  } else {
    word->text += kHole;
    word->holes.push_back({placeholder, {.rule = rule}, is_integer_type(verdicts_, placeholder)});
  }
  ++at_;
}

// Whether a value without quotes can stand before what is at `at`.
bool ShellScanner::joins_safely(size_t at) const {
  return std::string_view(" \t\n;|)").find(code_.at(at)) != std::string_view::npos;
}

// The word in the top frame, if any, ends before `at_`.
void ShellScanner::end_word() {
  if (!top().in_word) return;
  top().in_word = false;
  ShellWord word = std::move(top().word);
  word.plain = word.plain && joins_safely(at_);
  if (top().redirect != Redirect::none) {
    end_target(word);
    return;
  }
  const WordVerdict verdict = top().command.take(word, in_bash_);
  settle(word, verdict);
  evaluates_variables_ = evaluates_variables_ || top().command.declares_evaluated();
  if (verdict.refuses_previous) {
    for (const ShellWord::Hole& hole : top().previous) {
      if (hole.is_integer) continue;
      verdicts_.refuse(hole.placeholder, "where it would be run or evaluated as code",
                       "compare numbers with [ ... ], or texts with = and !=");
    }
  }
  top().previous = std::move(word.holes);
  follow_reserved();
}

void ShellScanner::settle(const ShellWord& word, const WordVerdict& verdict) {
  if (!verdict.refused() &&
      std::any_of(frames_.begin(), frames_.end(), [](const Frame& f) { return f.is_run; })) {
    return settle(word, {.where = "in $(...) whose output is run",
                         .hint = "assign the output to a variable, and look at it before it is run"});
  }
  for (const ShellWord::Hole& hole : word.holes) {
    if (verdict.refused()) {
      verdicts_.refuse(hole.placeholder, verdict.where, verdict.hint);
      continue;
    }
    Placement placement = hole.placement;
    if (placement.rule == Rule::shell_word && verdict.may_be_plain && word.plain) placement.quote = '\0';
    verdicts_.accept(hole.placeholder, placement);
    if (verdict.is_assigned) assigned_.push_back(hole.placeholder);
  }
}

// The word is what a redirection goes to, or a here-document's mark.
void ShellScanner::end_target(const ShellWord& word) {
  const Redirect redirect = top().redirect;
  top().redirect = Redirect::none;
  if (redirect == Redirect::file) {
    settle(word, {.may_be_plain = true});
    return;
  }
  settle(word, {.where = "in the mark of a here-document", .hint = "write the mark"});
  if (word.text.find(kExpansion) != std::string::npos) {
    stop(at_ - 1, at_, "the mark of a here-document is no expansion", "write a plain word");
    return;
  }
  constexpr size_t kMostDocuments = 100;
  if (documents_.size() == kMostDocuments) {
    stop(at_ - 1, at_, "more than 100 here-documents are announced in a line", "");
    return;
  }
  documents_.push_back({word.text, !word.quoted, redirect == Redirect::here_tabs});
  documents_level_ = frames_.size();
}

void ShellScanner::follow_reserved() {
  const ShellCommand::Reserved reserved = top().command.reserved();
  if (reserved == ShellCommand::Reserved::begins_case) {
    const size_t here = at_;
    push({.kind = Frame::Kind::commands,
          .begin = here - 4,
          .end = here,
          .closer = 'e',
          .command = ShellCommand(Position::case_word)});
  } else if (reserved == ShellCommand::Reserved::ends_case && top().closer == 'e') {
    pop(0);
    if (!stopped_) top().command = {};
  }
}

void ShellScanner::scan_operator(char c) {
  end_word();
  if (stopped_) return;
  const char next = code_.at(at_ + 1);
  const bool doubled = next == c;
  if (in(Position::array)) {
    stop(at_, at_ + 1, "an operator cannot stand in an array", "write it in quotes");
    return;
  }
  if (in(Position::condition) && c != ';') {
    top().command.note_condition_operator();
    at_ += doubled ? 2 : 1;
  } else if (c == '|' && (in(Position::pattern) || in(Position::pattern_begin))) {
    ++at_;
  } else if (c == ';' && (doubled || next == '&')) {
    const bool in_case = top().closer == 'e';
    at_ += doubled && code_.at(at_ + 2) == '&' ? 3 : 2;
    top().command = in_case ? ShellCommand(Position::pattern_begin) : ShellCommand();
  } else {
    // `&>` is read as sh does, where a new command begins behind the `&`.
    const bool is_pair = doubled || (c == '|' && next == '&');
    top().command = {};
    at_ += is_pair ? 2 : 1;
  }
}

void ShellScanner::scan_redirect(char c) {
  const char next = code_.at(at_ + 1);
  if (in(Position::condition)) {
    end_word();
    top().command.note_condition_operator();
    ++at_;
    return;
  }
  if (next != '(' && in(Position::array)) {
    end_word();
    stop(at_, at_ + 1, "a redirection cannot stand in an array", "write it in quotes");
    return;
  }
  if (next == '(') {
    begin_word();
    open_expansion({.kind = Frame::Kind::commands, .begin = at_, .end = at_ + 2, .closer = ')'}, 2);
    return;
  }
  if (top().in_word && is_descriptor(top().word)) {
    top().in_word = false;
  } else {
    end_word();
  }
  if (stopped_) return;
  top().redirect = Redirect::file;
  const std::string_view rest = code_.text().substr(at_, 3);
  if (rest == "<<<") {
    at_ += 3;
  } else if (rest.starts_with("<<")) {
    const bool tabs = rest.ends_with('-');
    top().redirect = tabs ? Redirect::here_tabs : Redirect::here;
    at_ += tabs ? 3 : 2;
  } else {
    const bool is_pair = next == '>' || next == '&' || (c == '>' && next == '|');
    at_ += is_pair ? 2 : 1;
  }
}

// Behind a name: a function's. True when they were there.
bool ShellScanner::skip_empty_parentheses() {
  size_t next = at_ + 1;
  while (code_.at(next) == ' ' || code_.at(next) == '\t') ++next;
  if (code_.at(next) != ')' || next >= code_.size()) return false;
  at_ = next + 1;
  return true;
}

void ShellScanner::open_parenthesis() {
  if (in(Position::condition)) {
    end_word();
    top().command.note_condition_operator();
    ++at_;
  } else if (top().in_word) {
    open_parenthesis_in_word();
  } else if (in(Position::pattern_begin)) {
    ++at_;
  } else if ((in(Position::command) || in(Position::loop_name)) && code_.at(at_ + 1) == '(') {
    if (in(Position::loop_name)) top().command = {};
    push({.kind = Frame::Kind::arithmetic, .begin = at_, .end = at_ + 2});
  } else if ((in(Position::command) || top().command.is_first_argument()) && skip_empty_parentheses()) {
    top().command = {};
  } else if (in(Position::command)) {
    push({.kind = Frame::Kind::commands, .begin = at_, .end = at_ + 1, .closer = ')'});
  } else {
    stop(at_, at_ + 1, "'(' cannot stand here", "write it in quotes");
  }
}

void ShellScanner::open_parenthesis_in_word() {
  ShellWord& word = top().word;
  const std::string_view text = word.text;
  const bool is_assigned =
      text.ends_with('=') && !assigned_name(word).empty() &&
      (in(Position::command) || (in(Position::argument) && top().command.takes_arrays()));
  const bool is_pattern =
      !text.empty() && std::string_view("?*+@!").find(text.back()) != std::string_view::npos;
  if (is_assigned) {
    open_expansion({.kind = Frame::Kind::commands,
                    .begin = at_,
                    .end = at_ + 1,
                    .closer = ')',
                    .command = ShellCommand(Position::array)},
                   1);
  } else if (in(Position::command) && skip_empty_parentheses()) {
    for (const ShellWord::Hole& hole : word.holes) {
      verdicts_.refuse(hole.placeholder, "in a function's name", "write the name");
    }
    top().in_word = false;
    top().command = {};
  } else if (is_pattern) {
    open_expansion({.kind = Frame::Kind::group, .begin = at_, .end = at_ + 1, .closer = ')'}, 1);
  } else {
    stop(at_, at_ + 1, "'(' cannot stand here", "write it in quotes");
  }
}

void ShellScanner::close_parenthesis() {
  end_word();
  if (stopped_) return;
  if (in(Position::condition)) {
    ++at_;
  } else if (in(Position::pattern)) {
    top().command = {};
    ++at_;
  } else if (top().closer != ')' || top().redirect != Redirect::none) {
    stop(at_, at_ + 1, "')' closes nothing", "write it in quotes");
  } else {
    pop(1);
    if (stopped_) return;
    // A subshell is a command of its own; a substitution is a part of a word.
    if (top().kind == Frame::Kind::commands && !top().in_word) top().command = {};
  }
}

}  // namespace testloom::templating
