// `testloom model scan`: finds local models, reads the headers of their weights, and keeps them in the store.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <map>

#include <fmt/format.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "catalog/json_values.h"
#include "catalog/models.h"
#include "catalog/scanned_models.h"
#include "cli/screen.h"
#include "cli/verbs.h"
#include "model/scan/scanned_model.h"

namespace testloom::cli {

namespace {

struct ScanOptions {
  std::string folder;
  bool dry_run = false;
};

// How far the scan is, on standard error: one line that changes on a terminal, else a line after each second.
class ScanLine {
 public:
  ScanLine() : live_(errors_are_terminal()), next_(Clock::now() + std::chrono::seconds(1)) {}
  ~ScanLine() {
    if (live_ && shown_) fmt::print(stderr, "\r\x1b[K");
  }
  ScanLine(const ScanLine&) = delete;
  ScanLine& operator=(const ScanLine&) = delete;

  // `text` makes the line, when it is time for one.
  void show(const std::function<std::string()>& text) {
    const auto now = Clock::now();
    if (now < next_) return;
    next_ = now + (live_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(1000));
    fmt::print(stderr, "{}{}{}", live_ ? "\r\x1b[K" : "", text(), live_ ? "" : "\n");
    std::fflush(stderr);
    shown_ = true;
  }

 private:
  using Clock = std::chrono::steady_clock;
  bool live_, shown_ = false;
  Clock::time_point next_;
};

struct Scan {
  std::vector<ScannedModel> models;
  std::vector<std::string> problems;  // of no one model
};

Scan scan(const std::string& folder) {
  ScanLine line;
  FoundModels found = find_models(folder, [&](size_t folders, size_t models) {
    line.show(
        [&] { return fmt::format("{} folders looked into, {} found", folders, counted(models, "model")); });
  });
  Scan result;
  for (const FoundModel& model : found.models) {
    result.models.push_back(scan_model(model));
    line.show([&] {
      return fmt::format("{} of {} read", result.models.size(), counted(found.models.size(), "model"));
    });
  }
  result.problems = std::move(found.problems);
  return result;
}

std::optional<int64_t> signed_integer(std::optional<uint64_t> number) {
  return number ? std::optional(static_cast<int64_t>(*number)) : std::nullopt;
}

std::optional<std::string> revision_of(const ScannedModel& model) {
  return model.found.revision.empty() ? std::nullopt : std::optional(model.found.revision);
}

// Those that can be loaded, into the store; says of each what that was, by its name.
std::map<std::string, Kept> keep(Connection& connection, std::vector<ScannedModel>& models) {
  std::vector<FoundOnDisk> rows;
  for (ScannedModel& model : models) {
    if (model.broken) continue;
    if (model.config) {
      try {
        value_of_json(*model.config);  // as plans will read it
      } catch (const Error& error) {
        model.problems.push_back(
            fmt::format("its config.json cannot be kept: {}", one_line(error.message())));
        model.config.reset();
      }
    }
    FoundOnDisk row{
        model.found.model_name, model.found.location.native(), revision_of(model), model.config, {}, {}};
    if (model.weights) {
      row.parameter_count = signed_integer(model.weights->parameters);
      row.weight_bytes = static_cast<int64_t>(model.weights->bytes);
    }
    rows.push_back(std::move(row));
  }
  const std::vector<Kept> kept = keep_models(connection, rows);
  std::map<std::string, Kept> by_name;
  for (size_t i = 0; i < rows.size(); ++i) by_name.emplace(rows[i].model_name, kept[i]);
  // What the user said of a model's family counts more than what its files tell.
  std::map<std::string, StoredModel> mapped;
  for (StoredModel& model : stored_models(connection)) {
    if (model.origin == "mapping") mapped.emplace(model.model_name, std::move(model));
  }
  for (ScannedModel& model : models) {
    const auto said = mapped.find(model.found.model_name);
    if (said != mapped.end()) {
      model.family.model_family = said->second.model_family;
      model.family.task = said->second.task;
      model.family.origin = said->second.origin;
    }
  }
  return by_name;
}

const char* word_of(const ScannedModel& model, const std::map<std::string, Kept>& kept) {
  if (model.broken) return "broken";
  const auto found = kept.find(model.found.model_name);
  if (found == kept.end()) return "found";
  return found->second == Kept::added ? "added" : found->second == Kept::changed ? "changed" : "same";
}

std::string object_of(const ScannedModel& model, const char* status) {
  JsonWriter json;
  json.begin_object().member("model_name", model.found.model_name);
  json.member("location", model.found.location.native()).member("revision", revision_of(model));
  json.member("model_family", model.family.model_family).member("task", model.family.task);
  json.member("origin", model.family.origin).member("status", status);
  const WeightFiles* weights = model.weights ? &*model.weights : nullptr;
  const auto number = [&](const char* name, std::optional<uint64_t> value) { json.member(name, value); };
  number("parameters", weights ? weights->parameters : std::nullopt);
  number("weight_bytes", weights ? std::optional(weights->bytes) : std::nullopt);
  json.key("weight_origin");
  weights ? json.value(WeightFiles::origin) : json.null();
  json.key("format");
  weights ? json.value(format_name(weights->format)) : json.null();
  json.key("architecture");
  weights && weights->gguf ? json.value(weights->architecture()) : json.null();
  number("tensors", weights ? std::optional(weights->tensors) : std::nullopt);
  json.key("dtypes").begin_object();
  if (weights) {
    for (const auto& [dtype, total] : weights->dtypes) {
      json.key(dtype).begin_object().member("tensors", total.tensors);
      json.member("elements", total.elements).member("bytes", total.bytes).end_object();
    }
  }
  json.end_object().key("files").begin_array();
  if (weights) {
    for (const WeightFile& file : weights->files)
      json.begin_object().member("name", file.name).member("bytes", file.bytes).end_object();
  }
  json.end_array().key("problems").begin_array();
  for (const std::string& problem : model.problems) json.value(problem);
  return json.end_array().end_object().take();
}

std::string dtypes_of(const WeightFiles& weights) {
  std::string names;
  for (const auto& entry : weights.dtypes) names += (names.empty() ? "" : " ") + entry.first;
  return names;
}

void print_table(const std::vector<ScannedModel>& models, const std::map<std::string, Kept>& kept) {
  Table table({{"MODEL"},
               {"FAMILY"},
               {"PARAMETERS", Table::Align::right},
               {"WEIGHTS", Table::Align::right},
               {"DTYPES"},
               {"STATUS"}});
  for (const ScannedModel& model : models) {
    const auto& weights = model.weights;
    table.add({model.found.model_name, model.family.model_family,
               weights && weights->parameters ? std::to_string(*weights->parameters) : "",
               weights ? show_bytes(static_cast<double>(weights->bytes)) : "",
               weights ? dtypes_of(*weights) : "", word_of(model, kept)},
              model.broken ? Colour::red : Colour::none);
  }
}

// How many of each status, in a sentence.
std::string summary_of(const std::vector<ScannedModel>& models, const std::map<std::string, Kept>& kept) {
  std::map<std::string_view, size_t> counts;
  for (const ScannedModel& model : models) ++counts[word_of(model, kept)];
  std::string parts;
  for (const std::string_view status : {"added", "changed", "same", "broken"}) {
    if (counts.contains(status))
      parts += fmt::format("{}{} {}", parts.empty() ? ": " : ", ", counts[status], status);
  }
  return fmt::format("{} found{}", counted(models.size(), "model"), parts);
}

int run_scan(const Context& context, const ScanOptions& options) {
  if (!options.dry_run) context.open(OpenMode::read);  // a store that is not there is told before the work
  Scan found = scan(options.folder);
  std::map<std::string, Kept> kept;
  if (!options.dry_run && !found.models.empty()) {
    const auto store = context.open(OpenMode::write);
    kept = keep(store->connection(), found.models);
  }
  if (context.json) {
    for (const ScannedModel& model : found.models) print_line(object_of(model, word_of(model, kept)));
  } else if (!found.models.empty()) {
    print_table(found.models, kept);
  }
  std::vector<std::string> notes = std::move(found.problems);
  size_t broken = 0;
  for (const ScannedModel& model : found.models) {
    broken += model.broken;
    for (const std::string& problem : model.problems)
      notes.push_back(fmt::format("{}: {}", one_line(model.found.model_name), problem));
  }
  print_notes(notes);
  if (!context.json) print_line(summary_of(found.models, kept));
  if (broken > 0 && broken == found.models.size()) {
    throw Error(ErrorKind::spec, fmt::format("no model under {} could be read", quote(options.folder, 400)),
                "what is wrong with each stands above");
  }
  return 0;
}

}  // namespace

void setup_model_scan(CLI::App& parent, Context& context) {
  auto options = std::make_shared<ScanOptions>();
  CLI::App* verb =
      add_verb(parent, "scan", "find the models in a folder, and make them known with their weights",
               "  testloom model scan ~/.cache/huggingface/hub\n"
               "  testloom model scan /srv/models --dry-run --json");
  verb->add_option("DIR", options->folder, "where to look: model folders, the hub's cache, GGUF files")
      ->required();
  verb->add_flag("--dry-run", options->dry_run, "show only; needs no store");
  verb->callback(
      [&context, options] { context.action = [&context, options] { return run_scan(context, *options); }; });
}

}  // namespace testloom::cli
