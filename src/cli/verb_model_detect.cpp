// `testloom model detect`: the family that a model's files or its name tell.
#include <fmt/format.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "catalog/names.h"
#include "cli/line_reader.h"
#include "cli/screen.h"
#include "cli/verbs.h"
#include "model/family/candidates.h"
#include "model/family/local_models.h"

namespace testloom::cli {

namespace {

using Names = std::vector<std::string>;

FamilyGuess detect(const LocalModels& local, const std::string& name) {
  std::vector<std::string> notes;
  std::optional<FamilyGuess> by_files = local.family(name, &notes);
  print_notes(notes);
  return by_files ? *std::move(by_files) : detect_family(name);
}

std::string detection_json(const LocalModels& local, const std::string& name) {
  const FamilyGuess guess = detect(local, name);
  JsonWriter json;
  json.begin_object().member("model_name", name).member("model_family", guess.model_family);
  json.member("task", guess.task).member("origin", guess.origin);
  json.member("confidence", guess.confidence).member("evidence", guess.evidence);
  if (guess.model_family == "unknown") {
    json.key("candidates").begin_array();
    for (const std::string& candidate : family_candidates(name)) json.value(candidate);
    json.end_array();
  }
  return json.end_object().take();
}

// What is known of a line is shown before more are waited for.
int detect_lines(const Context& context, const LocalModels& local) {
  constexpr size_t most_waiting = 1 << 16;  // bytes
  LineReader lines("-");
  std::string out;
  std::string_view line;
  for (bool is_too_long = false; lines.next(line, is_too_long);) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (is_too_long) {
      throw Error(ErrorKind::usage, fmt::format("a line is longer than {} bytes", LineReader::kMaxLineBytes),
                  "give one name a line");
    }
    if (line.empty()) continue;
    const std::string name(line);
    check_model_name(name);
    out += context.json ? detection_json(local, name)
                        : fmt::format("{}\t{}", detect(local, name).model_family, one_line(name, 4096));
    out += '\n';
    if (out.size() > most_waiting || lines.must_read()) print(std::exchange(out, {}));
  }
  print(out);
  return 0;
}

int run_detect(const Context& context, const Names& names) {
  const LocalModels local;
  if (names == Names{"-"}) return detect_lines(context, local);
  for (const std::string& name : names) check_model_name(name);
  if (context.json) {
    for (const std::string& name : names) print_line(detection_json(local, name));
    return 0;
  }
  Table table({{"MODEL"}, {"FAMILY"}, {"TASK"}, {"CONFIDENCE", Table::Align::right}, {"BY"}});
  for (const std::string& name : names) {
    const FamilyGuess guess = detect(local, name);
    std::string by = guess.origin == "config" ? "files: " + guess.evidence : guess.evidence;
    if (guess.model_family == "unknown") {
      const std::vector<std::string> candidates = family_candidates(name);
      if (!candidates.empty()) by = fmt::format("perhaps {}", join(candidates, ", "));
    }
    table.add({name, guess.model_family, guess.task, fmt::format("{:.2f}", guess.confidence), by});
  }
  return 0;
}

}  // namespace

void setup_model_detect(CLI::App& parent, Context& context) {
  CLI::App* verb =
      add_verb(parent, "detect", "say the family that a model's files or name tell; needs no store",
               "  testloom model detect gpt2 facebook/detr-resnet-50 ./my-net\n"
               "  testloom model detect --json - < names.txt");
  auto names = std::make_shared<Names>();
  verb->add_option("NAME", *names, "names or folders, or - for one a line on standard input")->required();
  verb->callback(
      [&context, names] { context.action = [&context, names] { return run_detect(context, *names); }; });
}

}  // namespace testloom::cli
