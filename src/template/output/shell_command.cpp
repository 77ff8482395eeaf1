#include "template/output/shell_command.h"

#include <algorithm>

#include "template/placement/code_text.h"

namespace testloom::templating {

namespace {

constexpr WordVerdict kRunsIt = {
    .where = "where a command is named",
    .hint = "a value must not choose what is run: write the command, or choose between commands with case"};
constexpr WordVerdict kWrapped = {
    .where = "where a command could be named",
    .hint = "write the command before it; an option with its value as one word, such as --name=${...}"};
constexpr WordVerdict kCode = {
    .where = "where it would be run or evaluated as code",
    .hint = "pass it as an argument, such as sh -c '... \"$1\"' _ ${...}, or assign it to a variable first"};
constexpr WordVerdict kNamesVariable = {.where = "where a variable is named",
                                        .hint = "write the variable's name: NAME=${...}"};
constexpr WordVerdict kEvaluated = {.where = "in a variable that the shell evaluates",
                                    .hint = "assign it to a variable of another name"};
constexpr WordVerdict kDeclared = {.where = "in a declaration, which could evaluate it",
                                   .hint = "declare the variable first, and assign it apart: NAME=${...}"};
constexpr WordVerdict kNoBash = {
    .where = "where a shell other than bash would run it",
    .hint = "begin the script with #!/bin/bash, or write [ ... ] instead of [[ ... ]]"};
constexpr WordVerdict kFormat = {.where = "in the format of printf",
                                 .hint = "write %s in the format, and the value as an argument behind it"};
constexpr WordVerdict kPlain = {.may_be_plain = true};
constexpr WordVerdict kQuoted = {};

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool is_option(const ShellWord& word) {
  return word.text.size() > 1 && (word.text[0] == '-' || word.text[0] == '+');
}
// The word is -X or -abX with a letter of `letters`, as far as it is fixed text.
bool has_option_letter(const ShellWord& word, std::string_view letters) {
  if (!is_option(word) || word.text[1] == '-') return false;
  return std::any_of(word.text.begin() + 1, word.text.end(),
                     [&](char c) { return letters.find(c) != std::string_view::npos; });
}
bool is_number_test(const ShellWord& word) {
  constexpr std::string_view kTests[] = {"-eq", "-ne", "-lt", "-le", "-gt", "-ge"};
  return std::find(std::begin(kTests), std::end(kTests), word.text) != std::end(kTests);
}
bool is_name_test(const ShellWord& word) { return word.text == "-v" || word.text == "-R"; }

bool is_code_option(std::string_view text) {
  constexpr std::string_view kWords[] = {"-exec", "-execdir", "-ok", "-okdir", "--wrap"};
  return std::find(std::begin(kWords), std::end(kWords), text) != std::end(kWords);
}
bool is_interpreter_option(std::string_view text) {
  constexpr std::string_view kWords[] = {"--eval",    "--execute", "--expression",
                                         "--command", "--print",   "--run"};
  return std::find(std::begin(kWords), std::end(kWords), text.substr(0, text.find('='))) != std::end(kWords);
}

}  // namespace

bool ShellWord::holds_only_integers() const {
  return std::all_of(holes.begin(), holes.end(), [](const Hole& hole) { return hole.is_integer; });
}

std::string_view assigned_name(const ShellWord& word) {
  const std::string_view text = word.text;
  size_t end = 0;
  while (end < text.size() && is_name_byte(text[end])) ++end;
  if (end == 0 || (text[0] >= '0' && text[0] <= '9') || word.first_quote < end) return {};
  size_t sign = end;
  if (sign < text.size() && text[sign] == '[') {
    sign = text.find("]", sign);
    if (sign == std::string_view::npos || text.substr(0, sign).find(kHole) != std::string_view::npos)
      return {};
    ++sign;
  }
  if (sign < text.size() && text[sign] == '+') ++sign;
  return sign < text.size() && text[sign] == '=' ? text.substr(0, end) : std::string_view();
}

WordVerdict ShellCommand::take(const ShellWord& word, bool in_bash) {
  reserved_ = Reserved::none;
  switch (position_) {
    case Position::command:
      return take_first(word);
    case Position::argument: {
      const WordVerdict verdict = take_argument(word);
      is_first_ = is_first_ && word.may_vanish();
      return verdict;
    }
    case Position::loop_name:
      position_ = Position::loop_in;
      return kNamesVariable;
    case Position::loop_in:
      position_ = word.is("in") ? Position::loop_words : Position::command;
      return kRunsIt;
    case Position::loop_words:
      return {.may_be_plain = true, .is_assigned = true};
    case Position::function_name:
      position_ = Position::command;
      return kRunsIt;
    case Position::case_word:
      position_ = Position::case_in;
      return kQuoted;
    case Position::case_in:
      position_ = Position::pattern_begin;
      return kRunsIt;
    case Position::pattern_begin:
      if (word.is("esac")) reserved_ = Reserved::ends_case;
      position_ = Position::pattern;
      return kQuoted;
    case Position::pattern:
      return kQuoted;
    case Position::condition:
      return take_condition(word, in_bash);
    case Position::array:
      return word.text.starts_with('[') ? kCode : WordVerdict{.may_be_plain = true, .is_assigned = true};
  }
  return kQuoted;
}

// A word where a command can begin.
WordVerdict ShellCommand::take_first(const ShellWord& word) {
  if (skips_options_ && is_option(word)) return kRunsIt;
  skips_options_ = false;
  if (const std::string_view name = assigned_name(word); !name.empty()) {
    return is_evaluated_variable(name) ? kEvaluated : WordVerdict{.may_be_plain = true, .is_assigned = true};
  }
  if (take_reserved(word)) return kRunsIt;
  run(word);
  if (word.may_vanish()) program_ = {.use = ShellUse::wrapper};
  return kRunsIt;
}

bool ShellCommand::take_reserved(const ShellWord& word) {
  constexpr std::string_view kBeforeCommand[] = {"!",  "do",   "done",  "elif",  "else", "fi", "if",
                                                 "in", "then", "until", "while", "{",    "}"};
  if (word.quoted) return false;
  if (word.text == "time" || word.text == "coproc") {
    skips_options_ = true;
  } else if (word.text == "for" || word.text == "select") {
    position_ = Position::loop_name;
  } else if (word.text == "function") {
    position_ = Position::function_name;
  } else if (word.text == "case") {
    reserved_ = Reserved::begins_case;
  } else if (word.text == "esac") {
    reserved_ = Reserved::ends_case;
  } else if (word.text == "[[") {
    position_ = Position::condition;
    after_ = After::nothing;
    runs_elsewhere_ = false;
  } else {
    return std::find(std::begin(kBeforeCommand), std::end(kBeforeCommand), word.text) !=
           std::end(kBeforeCommand);
  }
  return true;
}

// The word names the command; a later one names it anew where this one runs another.
void ShellCommand::run(const ShellWord& word) {
  program_ = find_shell_program(word.text);
  position_ = Position::argument;
  after_ = After::nothing;
  is_first_ = true;
  script_done_ = false;
}

WordVerdict ShellCommand::take_argument(const ShellWord& word) {
  const After before = after_;
  if (word.may_vanish() && program_.use != ShellUse::arguments) return kPlain;
  if (before == After::code_option) {
    after_ = After::nothing;
    if (program_.use == ShellUse::first_code || program_.ends_with_code) script_done_ = true;
    if (find_shell_program(word.text).use != ShellUse::arguments) run(word);
    return kCode;
  }
  if (is_code_option(word.text)) {
    after_ = After::code_option;
    return kPlain;
  }
  if (word.text.starts_with("--wrap=")) return kCode;
  switch (program_.use) {
    case ShellUse::all_code:
      return kCode;
    case ShellUse::wrapper:
      return take_wrapped(word);
    case ShellUse::first_code:
    case ShellUse::after_option:
      return take_script(word);
    case ShellUse::test:
      return take_test(word);
    case ShellUse::printf:
      after_ = word.is("-v") ? After::name_test : After::nothing;
      return is_first_ ? kFormat : before == After::name_test ? kCode : kPlain;
    case ShellUse::assignments:
    case ShellUse::declarations:
      return take_assigned(word);
    case ShellUse::arguments:
      break;
  }
  if (const ShellProgram named = find_shell_program(word.text); named.anywhere) run(word);
  return kPlain;
}

// An argument of a command that runs another one, which may be this word.
WordVerdict ShellCommand::take_wrapped(const ShellWord& word) {
  const After before = after_;
  after_ = After::nothing;
  if (before == After::option_with_argument) return kPlain;
  if (is_option(word)) {
    if (has_option_letter(word, program_.code_options)) {
      after_ = After::code_option;
      return kCode;
    }
    const bool is_short = word.text.size() == 2 || word.is("-np");
    after_ = is_short && has_option_letter(word, program_.argument_options) ? After::option_with_argument
                                                                            : After::option;
    return kPlain;
  }
  if (const std::string_view name = assigned_name(word); !name.empty()) {
    return is_evaluated_variable(name) ? kEvaluated : kPlain;
  }
  if (program_.positionals > 0) {
    --program_.positionals;
    return kPlain;
  }
  const bool is_number = !word.text.empty() && word.text.find_first_not_of("0123456789") == std::string::npos;
  const bool is_integer = word.text.size() == 1 && !word.holes.empty() && word.holds_only_integers();
  if (before == After::option && (is_number || is_integer)) return kPlain;
  if (!word.holes.empty()) return kWrapped;
  run(word);
  return kPlain;
}

// An argument of a program that takes code as its first argument, or behind an option.
WordVerdict ShellCommand::take_script(const ShellWord& word) {
  const After before = after_;
  after_ = After::nothing;
  const bool is_interpreter = program_.use == ShellUse::after_option;
  if (script_done_ && is_interpreter) return kPlain;
  if (before == After::option_with_argument) return kPlain;
  if (word.is("--")) return kPlain;
  if (is_option(word)) {
    const bool has_code = has_option_letter(word, program_.code_options) || is_interpreter_option(word.text);
    if (has_code) after_ = After::code_option;
    if (has_code && word.text.find('=') != std::string::npos) after_ = After::nothing;
    if (has_code) return kCode;
    const std::string_view last = std::string_view(word.text).substr(word.text.size() - 1);
    const bool has_argument = (is_interpreter || word.text.size() == 2) && word.text[1] != '-' &&
                              program_.argument_options.find(last) != std::string_view::npos;
    if (has_argument || word.is("--rcfile") || word.is("--init-file")) after_ = After::option_with_argument;
    if (has_argument && last == "f") script_done_ = true;
    return kPlain;
  }
  const bool was_done = script_done_;
  script_done_ = true;
  // What an interpreter is given as its script must be no option, and a file of the author's choice.
  const bool is_code = is_interpreter ? word.text.starts_with(kHole) : !was_done;
  return is_code ? kCode : kPlain;
}

// [ and test evaluate a subscript behind -v, which could be a value itself.
WordVerdict ShellCommand::take_test(const ShellWord& word) {
  const After before = after_;
  after_ = is_name_test(word)             ? After::name_test
           : word.text.starts_with(kHole) ? After::placeholder
                                          : After::nothing;
  return before == After::name_test || before == After::placeholder ? kCode : kPlain;
}

WordVerdict ShellCommand::take_assigned(const ShellWord& word) {
  if (is_option(word)) {
    if (program_.use == ShellUse::declarations && has_option_letter(word, "in")) declares_evaluated_ = true;
    if (has_option_letter(word, "aA")) program_.use = ShellUse::declarations;
    return kDeclared;
  }
  const std::string_view name = assigned_name(word);
  if (name.empty()) return kNamesVariable;
  if (is_evaluated_variable(name)) return kEvaluated;
  if (program_.use == ShellUse::declarations) return kDeclared;
  return {.may_be_plain = true, .is_assigned = true};
}

WordVerdict ShellCommand::take_condition(const ShellWord& word, bool in_bash) {
  const After before = after_;
  after_ = After::nothing;
  if (word.is("]]")) {
    position_ = Position::command;
    return kRunsIt;
  }
  if (word.holes.empty()) {
    if (word.is("!")) after_ = before;
    if (is_name_test(word)) after_ = After::name_test;
    if (is_number_test(word)) after_ = After::number_test;
    return {.refuses_previous = after_ == After::number_test};
  }
  if (before == After::name_test) return kCode;
  if (before == After::number_test && !word.holds_only_integers()) return kCode;
  if (runs_elsewhere_ && !in_bash) return kNoBash;
  return kQuoted;
}

}  // namespace testloom::templating
