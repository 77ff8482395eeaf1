#include "template/output/shell_scanner.h"

#include <algorithm>

#include <fmt/core.h>

#include "template/output/shell_text.h"

namespace testloom::templating {

namespace {

using Position = ShellCommand::Position;

constexpr size_t kDeepest = 200;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// A batch system reads such a comment.
bool is_directive(std::string_view comment) {
  constexpr std::string_view kPrefixes[] = {"#SBATCH", "#PBS",    "#BSUB", "#$",
                                            "#FLUX",   "#COBALT", "#OAR",  "#MSUB"};
  return std::any_of(std::begin(kPrefixes), std::end(kPrefixes),
                     [&](std::string_view prefix) { return comment.starts_with(prefix); });
}

}  // namespace

bool is_integer_type(const Verdicts& verdicts, size_t placeholder) {
  return verdicts.site(placeholder).type == ValueType::integer;
}

bool can_be_integer(const Verdicts& verdicts, size_t placeholder) {
  return is_integer_type(verdicts, placeholder) || verdicts.site(placeholder).type == ValueType::any;
}

void ShellScanner::stop(size_t begin, size_t end, std::string message, std::string hint) {
  if (!stopped_) mistakes_.push_back({code_.source_span(begin, end), std::move(message), std::move(hint)});
  stopped_ = true;
}

void ShellScanner::refuse(size_t at, std::string_view where, std::string_view hint) {
  verdicts_.refuse(code_.placeholder_at(at), where, hint);
}

bool ShellScanner::push(Frame frame) {
  if (frames_.size() > kDeepest) {
    stop(frame.begin, frame.end, fmt::format("quotes and brackets nested more than {} deep", kDeepest), "");
    return false;
  }
  at_ = frame.end;
  frames_.push_back(std::move(frame));
  return true;
}

void ShellScanner::pop(size_t length) {
  if (!documents_.empty() && top().kind == Frame::Kind::commands) {
    stop(at_, at_ + 1, "a here-document is announced before, and its text is still to come",
         "let its text begin on the next line");
    return;
  }
  frames_.pop_back();
  at_ += length;
}

void ShellScanner::pass_joints() {
  for (; joint_ < code_.joints().size() && code_.joints()[joint_].offset <= at_ && !stopped_; ++joint_) {
    const Joint& joint = code_.joints()[joint_];
    if (top().kind == Frame::Kind::commands && top().in_word) {
      mistakes_.push_back(
          {joint.statement, "a word goes on behind this line", "write a blank before the '\\'"});
      stopped_ = true;
      return;
    }
    State now{{}, documents_, in_document_, line_is_joined_};
    for (Frame& frame : frames_) {
      frame.command.note_joint();
      now.frames.push_back(
          {frame.kind, frame.closer, frame.in_word, frame.redirect, frame.command, frame.depth});
      // The word's text is not the same on every way.
      if (frame.in_word) frame.word.text += kExpansion;
      frame.previous.clear();
    }
    if (!stack_.pass(joint, std::move(now))) {
      mistakes_.push_back(unbalanced_joint(joint));
      stopped_ = true;
    }
  }
}

void ShellScanner::run() {
  const std::string_view first_line = code_.text().substr(0, code_.text().find('\n'));
  in_bash_ = first_line.starts_with("#!") && (first_line.find("bash") != std::string_view::npos ||
                                              first_line.find("zsh") != std::string_view::npos ||
                                              first_line.find("ksh") != std::string_view::npos);
  frames_.push_back({.kind = Frame::Kind::commands, .begin = 0, .end = 0});
  while (!stopped_) {
    pass_joints();
    if (stopped_ || at_ >= code_.size()) break;
    if (in_document_) {
      scan_document_line();
    } else {
      step();
    }
  }
  if (!stopped_) finish();
}

void ShellScanner::finish() {
  if (top().kind == Frame::Kind::commands) end_word();
  if (stopped_) return;
  if (in_document_ || !documents_.empty()) {
    stop(code_.size() - 1, code_.size(), "a here-document is never closed",
         fmt::format("write {} on a line of its own", documents_.front().end));
  } else if (frames_.size() > 1) {
    const Frame& open = top();
    stop(open.begin, open.end, fmt::format("'{}' is never closed", code_.text(open.begin, open.end)), "");
  }
  if (!evaluates_variables_) return;
  for (const size_t placeholder : assigned_) {
    if (is_integer_type(verdicts_, placeholder)) continue;
    verdicts_.refuse(placeholder, "in an assignment, as long as a variable is declared with -i or -n",
                     "the shell evaluates what such a variable is assigned: declare none");
  }
}

void ShellScanner::step() {
  switch (top().kind) {
    case Frame::Kind::commands:
      return step_in_commands();
    case Frame::Kind::single_quotes:
      return step_in_single_quotes();
    case Frame::Kind::ansi_quotes:
      return step_in_ansi_quotes();
    case Frame::Kind::double_quotes:
      return step_in_double_quotes();
    case Frame::Kind::backquotes:
      return step_in_backquotes();
    case Frame::Kind::parameter:
    case Frame::Kind::group:
      return step_in_group();
    case Frame::Kind::arithmetic:
      return step_in_arithmetic();
  }
}

void ShellScanner::step_in_commands() {
  const char c = code_.at(at_);
  if (c == ' ' || c == '\t') {
    end_word();
    ++at_;
  } else if (c == '\n') {
    scan_newline();
  } else if (c == '#' && !top().in_word) {
    scan_comment();
  } else if (c == ';' || c == '&' || c == '|') {
    scan_operator(c);
  } else if (c == '<' || c == '>') {
    scan_redirect(c);
  } else if (c == '(') {
    open_parenthesis();
  } else if (c == ')') {
    close_parenthesis();
  } else if (c == '\\') {
    scan_backslash();
  } else {
    begin_word();
    step_in_word(c);
  }
}

void ShellScanner::step_in_word(char c) {
  if (c == kHole) {
    if (code_.at(at_ - 1) == '~' && at_ > 0) {
      refuse(at_, "directly after '~'", "write the folder, or use \"$HOME\"");
    }
    add_hole(Rule::shell_word, false);
  } else if (c == '$') {
    scan_dollar();
  } else if (c == '\'') {
    add_to_word('\0', true);
    push({.kind = Frame::Kind::single_quotes, .begin = at_, .end = at_ + 1});
  } else if (c == '"') {
    add_to_word('\0', true);
    push({.kind = Frame::Kind::double_quotes, .begin = at_, .end = at_ + 1});
  } else if (c == '`') {
    open_expansion({.kind = Frame::Kind::backquotes, .begin = at_, .end = at_ + 1}, 1);
  } else {
    add_to_word(c, false);
    ++at_;
  }
}

void ShellScanner::begin_word() {
  if (top().in_word) return;
  top().in_word = true;
  top().word = {};
}

// A character of the word in the top frame; '\0' stands for none.
void ShellScanner::add_to_word(char c, bool quoted) {
  ShellWord& word = top().word;
  if (quoted && !word.quoted) word.first_quote = word.text.size();
  word.quoted = word.quoted || quoted;
  if (quoted || !(is_plain_in_shell(c) || c == '=')) word.plain = false;
  if (c != '\0') word.text += c;
}

void ShellScanner::scan_backslash() {
  if (code_.is_hole(at_ + 1)) {
    begin_word();
    refuse(at_ + 1, "directly after a backslash", "leave the backslash out: a value needs none");
    ++at_;
  } else if (code_.at(at_ + 1) == '\n') {
    if (name_end_ == at_) name_end_ += 2;
    at_ += 2;
  } else {
    begin_word();
    add_to_word(code_.at(at_ + 1), true);
    at_ += 2;
  }
}

void ShellScanner::scan_comment() {
  const size_t begin = at_;
  while (at_ < code_.size() && code_.at(at_) != '\n') ++at_;
  const std::string_view comment = code_.text(begin, at_);
  const bool begins_line = begin == 0 || code_.at(begin - 1) == '\n';
  const bool is_shebang = begin == 0 && comment.starts_with("#!");
  const bool for_batch = begins_line && is_directive(comment);
  bool is_one_word = begins_line;
  for (size_t at = begin + 1; at < at_; ++at) {
    const size_t placeholder = code_.placeholder_at(at);
    if (!code_.is_hole(at)) {
      is_one_word = is_one_word && is_letter(code_.at(at));
    } else if (is_shebang) {
      verdicts_.refuse(placeholder, "in the line that names the interpreter", "write the interpreter");
    } else if (is_one_word && !for_batch) {
      verdicts_.refuse(placeholder, "at the beginning of a comment, where a batch system would read it",
                       "write a blank after the '#'");
    } else {
      verdicts_.accept(placeholder, {.rule = Rule::remark, .on_top = for_batch});
    }
  }
}

void ShellScanner::scan_newline() {
  end_word();
  if (stopped_) return;
  switch (top().command.position()) {
    case Position::loop_in:
    case Position::case_in:
    case Position::pattern_begin:
    case Position::array:
      break;
    case Position::condition:
      top().command.note_condition_operator();
      break;
    default:
      top().command = {};
  }
  ++at_;
  if (documents_.empty()) return;
  if (documents_level_ != frames_.size()) {
    stop(at_ - 1, at_, "a here-document is announced before, and its text is still to come",
         "let its text begin on the next line");
  }
  in_document_ = true;
  line_is_joined_ = false;
}

void ShellScanner::scan_document_line() {
  const HereDocument& document = documents_.front();
  const size_t found = code_.text().find('\n', at_);
  const size_t end = found == std::string_view::npos ? code_.size() : found;
  for (size_t at = at_; at < end; ++at) {
    if (code_.is_hole(at)) {
      refuse(at, "in a here-document",
             "assign it to a variable before, and let a here-document without quotes around its mark expand "
             "that");
    }
  }
  std::string_view line = code_.text(at_, end);
  if (document.strips_tabs) line.remove_prefix(std::min(line.find_first_not_of('\t'), line.size()));
  const bool is_last = !line_is_joined_ && line == document.end;
  const size_t backslashes = line.size() - (line.find_last_not_of('\\') + 1);
  line_is_joined_ = document.expands && backslashes % 2 == 1;
  at_ = std::min(end + 1, code_.size());
  if (!is_last) return;
  documents_.erase(documents_.begin());
  in_document_ = !documents_.empty();
}

}  // namespace testloom::templating
