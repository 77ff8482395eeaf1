// What a shell and well-known programs do with their arguments, as far as it makes code of them.
#pragma once

#include <cstdint>
#include <string_view>

namespace testloom::templating {

enum class ShellUse : uint8_t {
  arguments,     // data
  all_code,      // every argument is run, or evaluated: eval, ssh, read, ...
  first_code,    // the first argument that is no option: trap, source, sed, ...
  after_option,  // the argument after one of certain options: sh -c, python -c, ...
  wrapper,       // another command: sudo, env, exec, ...
  test,          // [ and test: some operators evaluate what follows
  printf,        // a format, or -v and a variable
  assignments,   // NAME=value: export, readonly
  declarations,  // NAME=value, which can be evaluated: declare, local, ...
};

struct ShellProgram {
  ShellUse use = ShellUse::arguments;
  std::string_view code_options = {};      // letters of options that code follows
  std::string_view argument_options = {};  // letters of options that another argument follows
  uint8_t positionals = 0;                 // wrapper: arguments before the command
  bool anywhere = false;                   // also where another command is given the name as an argument
  bool ends_with_code = false;             // what follows the code is no option any more
  bool operator==(const ShellProgram&) const = default;
};

// For a command as it is written, with or without its folder.
ShellProgram find_shell_program(std::string_view command);

// Whether the shell evaluates what is assigned to this variable: prompts, and some integers.
bool is_evaluated_variable(std::string_view name);

}  // namespace testloom::templating
