// One simple command of a shell script, word by word: which of its words could become code, and so cannot
// hold a placeholder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "template/output/shell_programs.h"
#include "template/rule.h"

namespace testloom::templating {

// In a word's text, what the shell puts in when it runs.
constexpr char kExpansion = '\1';

struct ShellWord {
  struct Hole {
    size_t placeholder;
    Placement placement;
    bool is_integer;  // can be nothing but one
  };

  std::string text = {};  // without its quotes; kHole for each placeholder, kExpansion for $name, $(...), ...
  std::vector<Hole> holes = {};
  bool quoted = false;  // in part
  bool plain = true;    // nothing in it but placeholders and characters that mean nothing to a shell
  size_t first_quote = std::string::npos;  // where in `text`

  bool has_list = false;  // "$@" or the like, which can become no word at all

  // Nothing but expansions: where they are empty, the next word takes its place.
  bool may_vanish() const {
    return !text.empty() && text.find_first_not_of(kExpansion) == std::string::npos && (!quoted || has_list);
  }
  bool is(std::string_view word) const { return !quoted && text == word; }
  bool holds_only_integers() const;
};

// What becomes of the placeholders in a word.
struct WordVerdict {
  std::string_view where = {};  // refused
  std::string_view hint = {};
  bool may_be_plain = false;  // accepted, without quotes where the value needs none
  bool is_assigned = false;   // accepted as a variable's value
  bool refuses_previous =
      false;  // those of the word before it are refused after all, unless they are integers

  bool refused() const { return !where.empty(); }
};

class ShellCommand {
 public:
  enum class Position : uint8_t {
    command,        // what is run, or a reserved word, or an assignment before it
    argument,       // of a command
    loop_name,      // behind for or select
    loop_in,        // behind that
    loop_words,     // behind in
    function_name,  // behind function
    case_word,      // behind case
    case_in,        // behind that
    pattern_begin,  // where a pattern of case, or esac, can stand
    pattern,        // behind that
    condition,      // inside [[ ]]
    array,          // inside NAME=( )
  };
  // Words that a scanner has to do something about.
  enum class Reserved : uint8_t { none, begins_case, ends_case };

  ShellCommand() = default;
  explicit ShellCommand(Position position) : position_(position) {}

  Position position() const { return position_; }
  bool is_first_argument() const { return position_ == Position::argument && is_first_; }
  void set_position(Position position) { position_ = position; }
  // In [[ ]]: behind this operator or line end, a shell that does not know [[ would run what follows.
  void note_condition_operator() {
    after_ = After::nothing;
    runs_elsewhere_ = true;
  }
  // Words may be there or not from here on. Only printf minds whether its argument is the first.
  void note_joint() { is_first_ = is_first_ && program_.use == ShellUse::printf; }
  // The next word is run, or could be.
  bool runs_next_word() const {
    return position_ == Position::command ||
           (position_ == Position::argument && program_.use == ShellUse::all_code);
  }
  // The command takes NAME=(...) as an argument.
  bool takes_arrays() const {
    return program_.use == ShellUse::assignments || program_.use == ShellUse::declarations;
  }

  // The next word. `in_bash`: it is known that only bash and the like run the script.
  WordVerdict take(const ShellWord& word, bool in_bash);
  Reserved reserved() const { return reserved_; }
  // A variable was declared whose values the shell evaluates.
  bool declares_evaluated() const { return declares_evaluated_; }

  bool operator==(const ShellCommand&) const = default;

 private:
  enum class After : uint8_t {
    nothing,
    option,
    option_with_argument,
    code_option,
    name_test,
    number_test,
    placeholder
  };

  WordVerdict take_first(const ShellWord& word);
  bool take_reserved(const ShellWord& word);
  WordVerdict take_argument(const ShellWord& word);
  WordVerdict take_wrapped(const ShellWord& word);
  WordVerdict take_script(const ShellWord& word);
  WordVerdict take_test(const ShellWord& word);
  WordVerdict take_assigned(const ShellWord& word);
  WordVerdict take_condition(const ShellWord& word, bool in_bash);
  void run(const ShellWord& word);

  Position position_ = Position::command;
  ShellProgram program_;
  After after_ = After::nothing;
  Reserved reserved_ = Reserved::none;
  bool is_first_ = false;     // no argument was there yet
  bool script_done_ = false;  // the argument that is code was there
  bool declares_evaluated_ = false;
  bool runs_elsewhere_ = false;  // see note_condition_operator()
  bool skips_options_ = false;   // behind `time`
};

// The word begins with NAME=, NAME+= or NAME[...]=, all of it fixed text: the NAME, else nothing.
std::string_view assigned_name(const ShellWord& word);

}  // namespace testloom::templating
