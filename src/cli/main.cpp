// The program: parses the command line, runs the chosen verb and turns every Error into a message and its
// exit code.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <memory>

#include <fmt/format.h>

#include "base/files.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "catalog/template_parts.h"
#include "cli/error_object.h"
#include "cli/screen.h"
#include "cli/verbs.h"
#include "engine/journal.h"
#include "testloom/error.h"

namespace testloom::cli {

std::unique_ptr<Store> Context::open(OpenMode mode) const {
  auto store = open_store(store_path, mode, wait_seconds);
  if (!store->note().empty()) print_notes({store->note()});
  if (mode == OpenMode::write) {
    std::vector<std::string> notes;
    ingest_pending(*store, notes);
    print_notes(notes);
  }
  return store;
}

CLI::App* add_verb(CLI::App& parent, const std::string& name, const std::string& description,
                   const std::string& examples) {
  CLI::App* verb = parent.add_subcommand(name, description);
  verb->footer(
      "Before or after any verb: --store PATH, --json, --wait SECONDS (see testloom --help).\n\nExamples:\n" +
      examples);
  verb->fallthrough();
  return verb;
}

CLI::Option* add_repeatable(CLI::App& verb, const std::string& name, std::vector<std::string>& values,
                            const std::string& description) {
  auto last = std::make_shared<std::string>();
  CLI::Option* option = verb.add_option_function<std::string>(
      name, [last](const std::string& value) { *last = value; }, description);
  option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  option->each([&values](const std::string& value) { values.push_back(value); });
  return option;
}

CLI::Validator seconds_check(bool zero_allowed) {
  return CLI::Validator(
      [zero_allowed](std::string& text) {
        char* end = nullptr;
        const double seconds = std::strtod(text.c_str(), &end);
        const bool number = end != text.c_str() && *end == '\0' && std::isfinite(seconds);
        if (number && (seconds > 0 || (zero_allowed && seconds == 0))) return std::string();
        return fmt::format("{} is not a {}number of seconds", quote(text), zero_allowed ? "" : "positive ");
      },
      "SECONDS");
}

namespace {

constexpr char kMark = '\x02';

// The words of a command line as CLI11 takes them without harm: --option=VALUE as two words, since it would
// take what follows an empty VALUE for it; and a mark before [a,b], which it would take apart.
std::vector<std::string> words_of(int argc, char** argv) {
  std::vector<std::string> words;
  const auto add = [&](const std::string& word) {
    const bool marked = word.starts_with(kMark) || (word.starts_with('[') && word.ends_with(']'));
    words.push_back(marked ? kMark + word : word);
  };
  bool options = true;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const size_t equals = word.find('=');
    options = options && word != "--";
    if (options && word.starts_with("--") && equals != std::string::npos) {
      words.push_back(word.substr(0, equals));
      add(word.substr(equals + 1));
    } else {
      add(word);
    }
  }
  std::reverse(words.begin(), words.end());
  return words;
}

// Takes the marks off again, for every option that has a value.
void take_marks_off(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    if (option->get_items_expected_max() == 0) continue;
    option->transform(
        [](const std::string& word) { return word.starts_with(kMark) ? word.substr(1) : word; });
  }
  for (CLI::App* verb : app.get_subcommands([](CLI::App*) { return true; })) take_marks_off(*verb);
}

// The verb (or verb of a verb) that the command line got to.
const CLI::App* chosen_verb(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  return at;
}

std::string suggest_verb(const CLI::App& at, const std::string& word) {
  std::vector<std::string> names;
  for (const CLI::App* verb : at.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(verb->get_name());
  const std::vector<std::string_view> known(names.begin(), names.end());
  const std::string guess = nearest(word, known);
  return guess.empty() ? fmt::format("it is one of {}", join(names, ", "))
                       : fmt::format("did you mean '{}'?", guess);
}

std::string suggest_flag(const CLI::App& at, const std::string& word) {
  std::vector<std::string> names;
  for (const CLI::App* app = &at; app; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  const std::vector<std::string_view> known(names.begin(), names.end());
  const std::string guess = nearest(word.substr(0, word.find('=')), known);
  return guess.empty() ? "" : fmt::format("did you mean '{}'?", guess);
}

// "--store: 1 required TEXT missing" and the like, said plainly.
std::string plain_words(const std::string& said) {
  const std::string option = said.substr(0, said.find(':'));
  if (said.find("At Most 1 required") != std::string::npos)
    return fmt::format("{} is given more than once", option);
  if (said.find("required") != std::string::npos && said.find("missing") != std::string::npos) {
    return fmt::format("{} lacks its value", option);
  }
  return said;
}

// What CLI11 says is wrong with a command line, in the words of an Error.
Error usage_error(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* at = chosen_verb(app);
  std::string path;
  for (const CLI::App* each = at; each->get_parent(); each = each->get_parent())
    path = " " + each->get_name() + path;
  const std::string help = fmt::format("see `testloom{} --help`", path);
  const std::vector<std::string> left = app.remaining(true);
  if (!left.empty() && left.front().starts_with("-")) {
    const std::string guess = suggest_flag(*at, left.front());
    return Error(ErrorKind::usage, fmt::format("unknown option {}", quote(left.front())),
                 guess.empty() ? help : guess);
  }
  const bool has_verbs = !at->get_subcommands([](const CLI::App*) { return true; }).empty();
  const bool wants_verb = has_verbs && at->get_require_subcommand_min() > 0;
  if (!left.empty() && has_verbs) {
    return Error(ErrorKind::usage, fmt::format("unknown verb {}", quote(left.front())),
                 suggest_verb(*at, left.front()));
  }
  if (!left.empty())
    return Error(ErrorKind::usage, fmt::format("unexpected argument {}", quote(left.front())), help);
  if (wants_verb) return Error(ErrorKind::usage, "a verb is missing", suggest_verb(*at, ""));
  return Error(ErrorKind::usage, plain_words(error.what()), help);
}

void report(const Error& error, bool json) {
  if (json) {
    JsonWriter out;
    out.begin_object().key("error");
    write_error(out, error);
    print_line(out.end_object().text());
  }
  const bool placed = !error.diagnostics().front().where.path.empty();
  fmt::print(stderr, "{}{}\n", placed ? "" : "testloom: ", error.what());
}

// Where the program was called, before symbolic links are followed: a virtual environment's bin holds a link.
std::filesystem::path called_folder(const char* called) {
  const std::filesystem::path path(called);
  if (path.has_parent_path()) return std::filesystem::absolute(path).parent_path();
  const char* search = std::getenv("PATH");
  for (const std::string& folder : split(search ? search : "", ':')) {
    if (::access((std::filesystem::path(folder) / path).c_str(), X_OK) == 0) return folder;
  }
  return program_folder();
}

// Finds in the store at the context's path, which is opened when something is looked for; where there is
// none, and none is made, it finds nothing.
class ContextStoreFinder final : public TemplateFinder {
 public:
  ContextStoreFinder(const Context& context, VariantWanted wanted)
      : context_(context), wanted_(std::move(wanted)) {}
  std::optional<FoundTemplate> find(std::string_view name, const std::string& from) override {
    std::error_code error;
    if (!store_ && !std::filesystem::exists(context_.store_path, error)) return std::nullopt;
    if (!store_) store_ = context_.open(OpenMode::read);
    if (!finder_) finder_.emplace(store_->connection(), wanted_);
    return finder_->find(name, from);
  }

 private:
  const Context& context_;
  VariantWanted wanted_;
  std::unique_ptr<Store> store_;
  std::optional<StoreFinder> finder_;
};

void setup(CLI::App& app, Context& context) {
  context.stored_templates = [&context](const VariantWanted& wanted) {
    return std::make_unique<ContextStoreFinder>(context, wanted);
  };
  app.set_version_flag("--version", "testloom " TESTLOOM_VERSION);
  app.add_option("--store", context.store_path, "the DuckDB file that keeps everything")
      ->envname("TESTLOOM_STORE")
      ->capture_default_str();
  app.add_flag("--json", context.json, "print JSON, one object a line where it streams");
  app.add_option("--wait", context.wait_seconds, "seconds to wait while another process holds the store")
      ->check(seconds_check(true))
      ->capture_default_str();
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 ok, 1 a test failed, 2 usage, 3 template, 4 store, 5 engine, 6 spec or input data,\n"
      "7 coordinator, 130 interrupted. `testloom VERB --help` has examples.");
  setup_init(app, context);
  setup_template(app, context);
  setup_model(app, context);
  setup_plan(app, context);
  setup_tests(app, context);
  setup_explain(app, context);
  setup_run(app, context);
  setup_report(app, context);
  setup_store(app, context);
  setup_doctor(app, context);
  take_marks_off(app);
}

// Where a standard descriptor is closed, the next file opened would take its place: the store, and then what
// is printed would be written into it.
void fill_standard_descriptors() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) >= 0) continue;
    if (::open("/dev/null", descriptor == STDIN_FILENO ? O_RDONLY : O_WRONLY) != descriptor) std::_Exit(5);
  }
}

int run(int argc, char** argv) {
  fill_standard_descriptors();
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  CLI::App app("testloom: tests for models × hardware × batch sizes, from a few templates.", "testloom");
  Context context;
  context.program_folder = called_folder(argv[0]);
  context.json =
      std::any_of(argv, argv + argc, [](const char* word) { return std::string_view(word) == "--json"; });
  setup(app, context);
  try {
    try {
      app.parse(words_of(argc, argv));
    } catch (const CLI::Success& asked) {
      return app.exit(asked);
    } catch (const CLI::ParseError& error) {
      throw usage_error(app, error);
    }
    return context.action();
  } catch (const Error& error) {
    report(error, context.json);
    return exit_code(error.kind());
  }
}

}  // namespace

}  // namespace testloom::cli

int main(int argc, char** argv) {
  try {
    return testloom::cli::run(argc, argv);
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "testloom: out of memory\n");
    return 5;
  } catch (const std::exception& error) {
    fmt::print(stderr, "testloom: {}\n", testloom::printable(error.what()));
    return 5;
  }
}
