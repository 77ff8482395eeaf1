// `testloom template check`: every mistake of template files, for people, for editors, and as SARIF; with
// --python also what CPython makes of hostile values.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/error_object.h"
#include "cli/python_oracle.h"
#include "cli/sarif.h"
#include "cli/screen.h"
#include "cli/template_files.h"
#include "cli/template_values.h"
#include "engine/local/process.h"

namespace testloom::cli {

namespace {

struct CheckOptions {
  std::vector<std::string> files;
  bool sarif = false;
  bool python = false;
  ValueOptions values;
};

// One of the given files.
struct Checked {
  std::string file;
  std::optional<Template> compiled;
  std::vector<Diagnostic> mistakes;
  bool is_part = false;  // looked at as a part of another one
};

// `for_python`: its places will be looked at one by one.
Checked check_file(const std::string& file, TemplateFinder& finder, bool for_python) {
  Checked checked{file, std::nullopt, {}, false};
  try {
    CompileOptions how = options_for(file);
    how.finder = &finder;
    how.keeps_places = for_python;
    checked.compiled.emplace(compile_file(file, how));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::template_text) throw;
    checked.mistakes = error.diagnostics();
  }
  return checked;
}

// The mistakes of a file that others extend, which stand where no other leads: in blocks that all of them
// replace. Names are left out that those others may give it.
std::vector<Diagnostic> mistakes_of_extended(const std::string& file, TemplateFinder& finder) {
  try {
    CompileOptions how = options_for(file);
    how.finder = &finder;
    how.is_partial = true;
    compile_file(file, how);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::template_text) throw;
    std::vector<Diagnostic> mistakes = error.diagnostics();
    std::erase_if(mistakes, [](const Diagnostic& each) { return each.message.starts_with("unknown name "); });
    return mistakes;
  }
  return {};
}

bool is_extended(const std::vector<Checked>& all, const std::string& file) {
  return std::any_of(all.begin(), all.end(), [&](const Checked& other) {
    if (!other.compiled) return false;
    const std::vector<UsedTemplate>& used = other.compiled->used_templates();
    return std::any_of(used.begin(), used.end(),
                       [&](const UsedTemplate& each) { return each.extended && each.found.path == file; });
  });
}

// A file that another given one includes or extends is a part of that one: what it uses may be set there, and
// it may be no whole text without it. Its mistakes are found as that one's.
std::vector<Checked> check_files(const CheckOptions& options, FilesFinder& finder) {
  std::vector<Checked> all;
  for (const std::string& file : options.files) all.push_back(check_file(file, finder, options.python));
  const std::set<std::string> parts = finder.parts();
  for (Checked& checked : all) {
    if (!parts.contains(checked.file)) continue;
    checked.is_part = true;
    checked.compiled.reset();
    checked.mistakes.clear();
  }
  for (Checked& checked : all) {
    if (checked.is_part && is_extended(all, checked.file))
      checked.mistakes = mistakes_of_extended(checked.file, finder);
  }
  return all;
}

bool has_mistake(const std::vector<Checked>& all, const std::string& file) {
  return std::any_of(all.begin(), all.end(), [&](const Checked& checked) {
    const auto is_there = [&](const Diagnostic& mistake) { return mistake.where.path == file; };
    return (checked.file == file && !checked.mistakes.empty()) ||
           std::any_of(checked.mistakes.begin(), checked.mistakes.end(), is_there);
  });
}

void show_what_passed(const std::vector<Checked>& all) {
  for (const Checked& checked : all) {
    if (has_mistake(all, checked.file)) continue;
    print_line(
        fmt::format("{}: ok{}", one_line(checked.file, 400), checked.is_part ? ", as a part of others" : ""));
  }
}

// --- CPython

// The lines of --values.
std::vector<NamedValues> read_all_values(const std::string& path) {
  LineReader reader(path);
  std::vector<NamedValues> all;
  std::string_view line;
  bool is_too_long = false;
  for (int number = 1; reader.next(line, is_too_long); ++number) {
    if (is_too_long || !trimmed(line).empty())
      all.push_back(read_values(line, is_too_long, reader.name(), number));
  }
  return all;
}

void show_verdict(const std::string& file, const PythonVerdict& verdict) {
  const std::string head = fmt::format("{}: Python {}: ", one_line(file, 400), verdict.interpreter.version);
  if (!verdict.no_python.empty()) {
    print_line(head + "not compared: for harmless values the text is no Python to it: " +
               one_line(verdict.no_python, 300));
  } else {
    print_line(head + counted(verdict.renders, "render") + ", " + counted(verdict.differences, "difference"));
  }
}

void write_verdict(JsonWriter& json, const std::string& file, const PythonVerdict& verdict) {
  json.begin_object().member("path", file).member("python", verdict.interpreter.version);
  json.member("executable", verdict.interpreter.path).member("renders", verdict.renders);
  json.member("differences", verdict.differences);
  json.member("no_python", verdict.no_python.empty() ? std::nullopt : std::optional(verdict.no_python));
  json.end_object();
}

// What no interpreter can read is a mistake of the template; what some cannot may be written for the others.
void add_no_python(const std::vector<PythonVerdict>& verdicts, Checked& checked) {
  const auto compared = [](const PythonVerdict& verdict) { return verdict.no_python.empty(); };
  if (verdicts.empty() || std::any_of(verdicts.begin(), verdicts.end(), compared)) return;
  checked.mistakes.push_back(
      {"for harmless values the rendered text is no Python: " + verdicts.back().no_python,
       {checked.file, 0, 0, 0},
       {},
       "look at it with `testloom template render`",
       {}});
}

// Of --set, what the template knows: files that are checked together may declare different parameters.
NamedValues known_values(const Template& compiled, const std::vector<std::string>& set) {
  std::vector<std::string> known;
  for (const std::string& word : set) {
    if (word.find('=') == std::string::npos || compiled.find_slot(word.substr(0, word.find('='))))
      known.push_back(word);
  }
  return values_of_set(compiled, known);
}

// What no file knows is a slip.
void check_set(const std::vector<Checked>& all, const std::vector<std::string>& set) {
  for (const std::string& word : set) {
    const Template* last = nullptr;
    bool is_known = false;
    for (const Checked& checked : all) {
      if (!checked.compiled) continue;
      last = &*checked.compiled;
      is_known = is_known || last->find_slot(word.substr(0, word.find('=')));
    }
    if (last && !is_known) values_of_set(*last, {word});
  }
}

// Holds what passed its check against every CPython. Returns the verdicts as JSON.
std::string ask_pythons(const CheckOptions& options, std::vector<Checked>& all, bool says_each) {
  check_set(all, options.values.set);
  catch_interrupts();
  Activity activity("asking CPython");
  const std::vector<Interpreter> interpreters = find_interpreters();
  const std::vector<NamedValues> lines =
      options.values.values ? read_all_values(*options.values.values) : std::vector<NamedValues>{};
  JsonWriter json;
  json.begin_array();
  for (Checked& checked : all) {
    if (!checked.compiled) continue;
    if (checked.compiled->output_kind() != OutputKind::python) {
      print_notes({fmt::format("{}: not held against Python, since it becomes {}",
                               one_line(checked.file, 400), name_of(checked.compiled->output_kind()))});
      continue;
    }
    const NamedValues given = known_values(*checked.compiled, options.values.set);
    OracleAnswer answer = ask_oracle(checked.file, *checked.compiled, given, lines, interpreters);
    if (interrupt_requested()) throw Error(ErrorKind::interrupted, "interrupted");
    activity.stop();
    print_notes(answer.notes);
    for (const PythonVerdict& verdict : answer.verdicts) {
      if (says_each) show_verdict(checked.file, verdict);
      write_verdict(json, checked.file, verdict);
    }
    checked.mistakes.insert(checked.mistakes.end(), answer.differences.begin(), answer.differences.end());
    add_no_python(answer.verdicts, checked);
  }
  return json.end_array().take();
}

int run_check(const Context& context, const CheckOptions& options) {
  if (options.sarif && context.json)
    throw Error(ErrorKind::usage, "--sarif and --json exclude each other", "leave one of them out");
  if (!options.python && (options.values.values || !options.values.set.empty()))
    throw Error(ErrorKind::usage, "--set and --values are for --python", "add --python, or leave them out");
  TemplateSearch search(context, options.files);
  std::vector<Checked> all = check_files(options, search.finder());
  const bool says_each = !context.json && !options.sarif;
  if (says_each) show_what_passed(all);
  const std::string pythons = options.python ? ask_pythons(options, all, says_each) : "";
  std::vector<Diagnostic> mistakes;
  std::vector<FileMistake> by_file;
  for (const Checked& checked : all) {
    mistakes.insert(mistakes.end(), checked.mistakes.begin(), checked.mistakes.end());
    for (const Diagnostic& mistake : checked.mistakes) by_file.push_back({checked.file, mistake});
  }
  if (options.sarif) print_line(sarif_log(by_file));
  if (!mistakes.empty()) throw Error(ErrorKind::template_text, std::move(mistakes));
  if (!context.json) return 0;
  JsonWriter json;
  json.begin_object().member("ok", true);
  if (options.python) json.key("python").raw(pythons);
  print_line(json.end_object().text());
  return 0;
}

}  // namespace

void setup_template_check(CLI::App& parent, Context& context) {
  CLI::App* verb =
      add_verb(parent, "check", "check template files; needs no store",
               "  testloom template check a.py b.py --json\n"
               "  testloom template check templates/*.py --sarif > templates.sarif\n"
               "  testloom template check latency.py --python --set 'config={\"hidden_size\": 64}'");
  verb->footer(
      "Included and extended templates are looked for among the files given, beside the file that names "
      "them, and "
      "in\nthe store. A file that another one given includes or extends is checked as a part of that one; a "
      "file "
      "whose\nname begins with '_' needs no test function.\n\n" +
      verb->get_footer());
  auto options = std::make_shared<CheckOptions>();
  verb->add_option("FILE", options->files, "the templates")->required();
  verb->add_flag("--sarif", options->sarif, "print the mistakes as a SARIF 2.1.0 log");
  verb->add_flag("--python", options->python,
                 "hold rendered texts for hostile values against each CPython 3.8 to 3.13 that is found");
  add_value_options(*verb, options->values);
  verb->callback(
      [&context, options] { context.action = [&context, options] { return run_check(context, *options); }; });
}

}  // namespace testloom::cli
