// `testloom template test`: renders a template for the cases that stand beside it, and holds the texts
// against what they say.
#include <algorithm>

#include <fmt/format.h>

#include "base/files.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "cli/screen.h"
#include "cli/template_cases.h"
#include "cli/template_files.h"

namespace testloom::cli {

namespace {

constexpr size_t kMostGoldenBytes = 64 << 20;
constexpr size_t kContext = 3;     // lines around a difference
constexpr size_t kMostShown = 10;  // lines of a difference on either side
constexpr size_t kLongestLine = 160;

struct TestOptions {
  std::vector<std::string> files;
  bool update_golden = false;
};

struct Verdict {
  bool passed = true;
  std::string reason = {};  // why it did not pass, or what was written
  std::string excerpt = {};
};

// A template with its cases.
struct Subject {
  std::string file;
  Template compiled;
  std::vector<TemplateCase> cases;
};

void append_lines(std::string& out, char mark, const std::vector<std::string>& lines, size_t begin,
                  size_t end) {
  const size_t shown = std::min(end, begin + kMostShown);
  for (size_t i = begin; i < shown; ++i) out += fmt::format("{}{}\n", mark, one_line(lines[i], kLongestLine));
  if (shown < end) out += fmt::format("{}… {}\n", mark, counted(end - shown, "more line"));
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines = split(text, '\n');
  if (lines.back().empty()) {
    lines.pop_back();
  } else {
    lines.emplace_back("\\ no newline at the end");
  }
  return lines;
}

// Where two texts differ, as diff -u shows it: from the first line that differs to the last.
std::string excerpt_of(std::string_view expected, std::string_view found) {
  const std::vector<std::string> a = lines_of(expected);
  const std::vector<std::string> b = lines_of(found);
  const size_t least = std::min(a.size(), b.size());
  size_t first = 0;
  while (first < least && a[first] == b[first]) ++first;
  size_t behind = 0;
  while (behind < least - first && a[a.size() - 1 - behind] == b[b.size() - 1 - behind]) ++behind;
  const size_t before = first - std::min(first, kContext);
  const size_t after = std::min(behind, kContext);
  const size_t a_end = a.size() - behind, b_end = b.size() - behind;
  std::string out = fmt::format("@@ -{},{} +{},{} @@\n", before + 1, a_end + after - before, before + 1,
                                b_end + after - before);
  append_lines(out, ' ', a, before, first);
  append_lines(out, '-', a, first, a_end);
  append_lines(out, '+', b, first, b_end);
  append_lines(out, ' ', a, a_end, a_end + after);
  return out;
}

Verdict hold_against_golden(const std::string& golden, std::string_view text, bool update) {
  std::error_code error;
  const bool is_there = std::filesystem::exists(golden, error);
  const std::string expected = is_there ? read_file(golden, kMostGoldenBytes, ErrorKind::spec) : "";
  if (is_there && expected == text) return {};
  if (update) {
    write_file(golden, text, ErrorKind::spec);
    return {true, fmt::format("wrote {}", golden)};
  }
  if (!is_there) return {false, fmt::format("{} is missing; --update-golden writes it", quote(golden, 400))};
  return {false, fmt::format("the text is not that of {}", quote(golden, 400)), excerpt_of(expected, text)};
}

Verdict hold_text(const TemplateCase& wanted, std::string_view text, bool update) {
  for (const std::string& part : wanted.contains) {
    if (text.find(part) == std::string_view::npos)
      return {false, fmt::format("the text does not contain {}", quote(part))};
  }
  for (const std::string& part : wanted.lacks) {
    const size_t at = text.find(part);
    if (at == std::string_view::npos) continue;
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    return {false, fmt::format("the text contains {} in line {}", quote(part), line)};
  }
  return wanted.golden ? hold_against_golden(*wanted.golden, text, update) : Verdict{};
}

Verdict judge(const TemplateCase& wanted, ValueSetter& setter, Renderer& renderer, bool update) {
  std::string_view text;
  try {
    for (const auto& [name, value] : wanted.values) renderer.set(name, value);  // no name is passed over
    setter.set(wanted.values);
    text = renderer.render();
  } catch (const Error& error) {
    const std::string_view said = error.what();
    if (!wanted.error) return {false, "it cannot be rendered", std::string(said) + '\n'};
    if (said.find(*wanted.error) != std::string_view::npos) return {};
    return {false, fmt::format("the error does not contain {}", quote(*wanted.error)),
            std::string(said) + '\n'};
  }
  if (wanted.error)
    return {false, fmt::format("there was no error, and {} was to be in it", quote(*wanted.error))};
  return hold_text(wanted, text, update);
}

std::vector<Subject> read_subjects(const Context& context, const std::vector<std::string>& files) {
  std::vector<Subject> subjects;
  std::vector<Diagnostic> of_templates, of_cases;
  for (const std::string& file : files) {
    std::optional<Template> compiled;
    try {
      TemplateSearch search(context, {file});
      CompileOptions how = options_for(file);
      how.finder = &search.finder();
      compiled.emplace(compile_file(file, how));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::template_text) throw;
      of_templates.insert(of_templates.end(), error.diagnostics().begin(), error.diagnostics().end());
    }
    try {
      std::vector<TemplateCase> cases = read_cases(cases_file_of(file));
      if (compiled) subjects.push_back({file, std::move(*compiled), std::move(cases)});
    } catch (const Error& error) {
      if (!compiled && error.kind() == ErrorKind::usage) continue;  // the template may not even be there
      if (error.kind() != ErrorKind::spec) throw;
      of_cases.insert(of_cases.end(), error.diagnostics().begin(), error.diagnostics().end());
    }
  }
  if (!of_templates.empty()) {
    of_templates.insert(of_templates.end(), of_cases.begin(), of_cases.end());
    throw Error(ErrorKind::template_text, std::move(of_templates));
  }
  if (!of_cases.empty()) throw Error(ErrorKind::spec, std::move(of_cases));
  return subjects;
}

void show(const Context& context, const Subject& subject, const TemplateCase& judged,
          const Verdict& verdict) {
  if (context.json) {
    JsonWriter json;
    json.begin_object().member("path", subject.file).member("case", judged.name);
    json.member("passed", verdict.passed).member("reason", verdict.reason);
    print_line(json.member("excerpt", verdict.excerpt).end_object().text());
    return;
  }
  std::string line = coloured(fmt::format("{:<6}", verdict.passed ? "ok" : "failed"),
                              verdict.passed ? Colour::green : Colour::red);
  line += fmt::format("  {}: {}", one_line(subject.file, 400), one_line(judged.name));
  if (!verdict.reason.empty()) line += ": " + verdict.reason;
  print_line(line);
  if (verdict.excerpt.empty()) return;
  for (const std::string& each : split(verdict.excerpt.substr(0, verdict.excerpt.size() - 1), '\n'))
    print_line("        " + printable(each));
}

int run_test(const Context& context, const TestOptions& options) {
  const std::vector<Subject> subjects = read_subjects(context, options.files);
  size_t passed = 0, failed = 0;
  for (const Subject& subject : subjects) {
    Renderer renderer(subject.compiled);
    ValueSetter setter(subject.compiled, renderer, template_name_of(subject.file), {});
    for (const TemplateCase& wanted : subject.cases) {
      const Verdict verdict = judge(wanted, setter, renderer, options.update_golden);
      show(context, subject, wanted, verdict);
      ++(verdict.passed ? passed : failed);
    }
  }
  if (!context.json) {
    print_line(failed == 0 ? fmt::format("{} passed", passed)
                           : fmt::format("{} passed, {} failed", passed, failed));
  }
  return failed == 0 ? 0 : exit_code(ErrorKind::template_text);
}

}  // namespace

void setup_template_test(CLI::App& parent, Context& context) {
  CLI::App* verb = add_verb(
      parent, "test", "render template files for the cases in NAME.cases.toml beside them; needs no store",
      "  testloom template test templates/*.py\n"
      "  testloom template test latency.py --update-golden");
  verb->footer(
      "latency.cases.toml, beside latency.py; every key is optional:\n"
      "  [[case]]\n"
      "  name = \"one at a time\"\n"
      "  values = {model_name = \"bert\", batch_size = 1}\n"
      "  contains = [\"bert\"]                  # each must be in the text, and of lacks = [\"...\"] none\n"
      "  golden = \"latency.golden\"            # a file beside it with the whole text\n\n"
      "  [[case]]\n"
      "  error = \"no value for 'model_name'\"  # rendering must fail with this in the error\n\n" +
      verb->get_footer());
  auto options = std::make_shared<TestOptions>();
  verb->add_option("FILE", options->files, "the templates")->required();
  verb->add_flag("--update-golden", options->update_golden, "write the golden files anew");
  verb->callback(
      [&context, options] { context.action = [&context, options] { return run_test(context, *options); }; });
}

}  // namespace testloom::cli
