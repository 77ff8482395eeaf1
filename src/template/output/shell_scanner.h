// A lexical scan of a shell script that judges placeholders on the way. What is open stands on a stack of
// frames; each frame of commands knows the simple command that it is in (see shell_command.h).
#pragma once

#include <string>
#include <vector>

#include "template/output/shell_command.h"
#include "template/placement/code_text.h"
#include "template/placement/joint_stack.h"
#include "template/placement/verdicts.h"

namespace testloom::templating {

// What a placeholder's type says of it; nothing else asks for types.
bool is_integer_type(const Verdicts& verdicts, size_t placeholder);
bool can_be_integer(const Verdicts& verdicts, size_t placeholder);

class ShellScanner {
 public:
  ShellScanner(const CodeText& code, Verdicts& verdicts, Mistakes& mistakes)
      : code_(code), verdicts_(verdicts), mistakes_(mistakes) {}

  void run();

 private:
  enum class Redirect : uint8_t { none, file, here, here_tabs };

  struct Frame {
    enum class Kind : uint8_t {
      commands,       // up to `closer`: 0 the script's end, ) or e for esac
      single_quotes,  // '...'
      ansi_quotes,    // $'...'
      double_quotes,  // "..." or $"..."
      backquotes,     // `...`
      parameter,      // ${...}
      group,          // of an extended pattern, such as @(...)
      arithmetic,     // $((...)) or ((...))
    };
    Kind kind;
    size_t begin;
    size_t end;  // of what opened it
    char closer = 0;
    bool translated = false;  // double_quotes: $"..."
    bool is_run = false;      // commands: what they print is run
    bool in_word = false;     // commands
    Redirect redirect = Redirect::none;
    ShellCommand command = {};
    ShellWord word = {};
    std::vector<ShellWord::Hole> previous = {};  // of the word before
    size_t depth = 0;                            // group, arithmetic: parentheses
  };
  // What must be alike at both ends of a branch or a loop's body.
  struct Open {
    Frame::Kind kind;
    char closer;
    bool in_word;
    Redirect redirect;
    ShellCommand command;
    size_t depth;
    bool operator==(const Open&) const = default;
  };
  struct HereDocument {
    std::string end;
    bool expands = true;
    bool strips_tabs = false;
    bool operator==(const HereDocument&) const = default;
  };
  struct State {
    std::vector<Open> frames;
    std::vector<HereDocument> documents;
    bool in_document;
    bool line_is_joined;
    bool operator==(const State&) const = default;
  };

  Frame& top() { return frames_.back(); }
  bool push(Frame frame);
  // Removes the top frame; `at_` goes behind what closes it.
  void pop(size_t length);
  void stop(size_t begin, size_t end, std::string message, std::string hint);
  void refuse(size_t at, std::string_view where, std::string_view hint);
  void pass_joints();
  void finish();
  void step();

  // Commands.
  void step_in_commands();
  void step_in_word(char c);
  void begin_word();
  void add_to_word(char c, bool quoted);
  void add_hole(Rule rule, bool quoted);
  void scan_backslash();
  void scan_comment();
  void scan_newline();
  void scan_operator(char c);
  void scan_redirect(char c);
  void end_word();
  void end_target(const ShellWord& word);
  void settle(const ShellWord& word, const WordVerdict& verdict);
  void follow_reserved();
  bool joins_safely(size_t at) const;
  void open_parenthesis();
  void open_parenthesis_in_word();
  void close_parenthesis();
  bool skip_empty_parentheses();
  bool in(ShellCommand::Position position) { return top().command.position() == position; }

  // Quotes and expansions.
  void scan_dollar();
  void open_expansion(Frame frame, size_t length);
  void step_in_single_quotes();
  void step_in_ansi_quotes();
  void step_in_double_quotes();
  void step_in_backquotes();
  void step_in_group();
  void step_in_arithmetic();
  void place_number();
  ShellWord* owner();

  // Here-documents.
  void scan_document_line();

  const CodeText& code_;
  Verdicts& verdicts_;
  Mistakes& mistakes_;
  JointStack<State> stack_;
  std::vector<Frame> frames_;
  std::vector<HereDocument> documents_;  // whose text has yet to come
  size_t documents_level_ = 0;           // how many frames were open where they were announced
  bool in_document_ = false;
  bool line_is_joined_ = false;   // in_document_: the line before ends in a backslash
  std::vector<size_t> assigned_;  // placeholders that are variables' values
  bool evaluates_variables_ = false;
  bool in_bash_ = false;
  size_t name_end_ = std::string::npos;  // behind a $name, which a value would lengthen
  size_t joint_ = 0;
  size_t at_ = 0;
  bool stopped_ = false;
};

}  // namespace testloom::templating
