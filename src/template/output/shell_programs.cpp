#include "template/output/shell_programs.h"

#include <algorithm>
#include <iterator>

namespace testloom::templating {

namespace {

struct ProgramRow {
  std::string_view name;
  ShellProgram program;
};

constexpr ShellProgram kAllCode = {.use = ShellUse::all_code};
constexpr ShellProgram kShell = {.use = ShellUse::after_option,
                                 .code_options = "c",
                                 .argument_options = "oO",
                                 .anywhere = true,
                                 .ends_with_code = true};
constexpr ShellProgram kPython = {.use = ShellUse::after_option,
                                  .code_options = "c",
                                  .argument_options = "WX",
                                  .anywhere = true,
                                  .ends_with_code = true};
constexpr ShellProgram kFirstCode = {.use = ShellUse::first_code};
constexpr ShellProgram kAwk = {.use = ShellUse::first_code, .argument_options = "vFf"};
constexpr ShellProgram kAssignments = {.use = ShellUse::assignments};
constexpr ShellProgram kDeclarations = {.use = ShellUse::declarations};
constexpr ShellProgram kMpi = {.use = ShellUse::wrapper, .argument_options = "npNHx"};

constexpr ShellProgram interpreter(std::string_view code_options, std::string_view argument_options = {}) {
  return {.use = ShellUse::after_option, .code_options = code_options, .argument_options = argument_options};
}
constexpr ShellProgram wrapper(std::string_view argument_options = {}, uint8_t positionals = 0,
                               std::string_view code_options = {}) {
  return {.use = ShellUse::wrapper,
          .code_options = code_options,
          .argument_options = argument_options,
          .positionals = positionals};
}

// Sorted by name.
constexpr ProgramRow kPrograms[] = {
    {".", kFirstCode},
    {"R", interpreter("e")},
    {"Rscript", interpreter("e")},
    {"[", {.use = ShellUse::test}},
    {"alias", kAllCode},
    {"ash", kShell},
    {"awk", kAwk},
    {"bash", kShell},
    {"bind", kAllCode},
    {"builtin", wrapper()},
    {"command", wrapper()},
    {"compgen", kAllCode},
    {"complete", kAllCode},
    {"dash", kShell},
    {"declare", kDeclarations},
    {"doas", wrapper("uC")},
    {"enable", kAllCode},
    {"env", wrapper("uC", 0, "S")},
    {"eval", kAllCode},
    {"exec", wrapper("a")},
    {"export", kAssignments},
    {"flock", wrapper("wE", 1, "c")},
    {"gawk", kAwk},
    {"getopts", kAllCode},
    {"ionice", wrapper("cnp")},
    {"julia", interpreter("eE")},
    {"ksh", kShell},
    {"let", kAllCode},
    {"local", kDeclarations},
    {"lua", interpreter("e", "l")},
    {"mapfile", kAllCode},
    {"mawk", kAwk},
    {"mpiexec", kMpi},
    {"mpirun", kMpi},
    {"nice", wrapper("n")},
    {"node", interpreter("ep", "r")},
    {"nohup", wrapper()},
    {"parallel", kAllCode},
    {"perl", interpreter("eE")},
    {"php", interpreter("r")},
    {"printf", {.use = ShellUse::printf}},
    {"read", kAllCode},
    {"readarray", kAllCode},
    {"readonly", kAssignments},
    {"ruby", interpreter("e")},
    {"sed", {.use = ShellUse::first_code, .code_options = "e", .argument_options = "fl"}},
    {"setsid", wrapper()},
    {"sh", kShell},
    {"source", kFirstCode},
    {"srun", wrapper("ABCDGJLMNSTcdehinopqtwx")},
    {"ssh", {.use = ShellUse::all_code, .anywhere = true}},
    {"stdbuf", wrapper("ioe")},
    {"su", {.use = ShellUse::all_code, .anywhere = true}},
    {"sudo", wrapper("ugpCrtTUhDR")},
    {"taskset", wrapper("", 1)},
    {"test", {.use = ShellUse::test}},
    {"time", wrapper("fo")},
    {"timeout", wrapper("ks", 1)},
    {"trap", kFirstCode},
    {"typeset", kDeclarations},
    {"unset", kAllCode},
    {"watch", kAllCode},
    {"xargs", wrapper("EILPadns")},
    {"zsh", kShell},
};

static_assert(std::is_sorted(std::begin(kPrograms), std::end(kPrograms),
                             [](const ProgramRow& a, const ProgramRow& b) { return a.name < b.name; }));

constexpr std::string_view kEvaluated[] = {"BASH_ENV", "ENV",    "HISTCMD", "OPTIND", "PROMPT_COMMAND",
                                           "PS0",      "PS1",    "PS2",     "PS3",    "PS4",
                                           "RANDOM",   "SRANDOM"};

bool is_python(std::string_view name) {
  return name.starts_with("python") && name.find_first_not_of("0123456789.", 6) == std::string_view::npos;
}

}  // namespace

ShellProgram find_shell_program(std::string_view command) {
  const size_t slash = command.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? command : command.substr(slash + 1);
  if (is_python(name)) return kPython;
  const auto row = std::lower_bound(std::begin(kPrograms), std::end(kPrograms), name,
                                    [](const ProgramRow& a, std::string_view b) { return a.name < b; });
  return row != std::end(kPrograms) && row->name == name ? row->program : ShellProgram{};
}

bool is_evaluated_variable(std::string_view name) {
  return std::find(std::begin(kEvaluated), std::end(kEvaluated), name) != std::end(kEvaluated);
}

}  // namespace testloom::templating
