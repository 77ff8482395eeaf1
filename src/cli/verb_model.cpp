// `testloom model add|list|show|detect`; estimate has a file of its own.
#include <filesystem>
#include <iostream>

#include <fmt/format.h>

#include "base/files.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "catalog/json_values.h"
#include "catalog/model_list.h"
#include "catalog/models.h"
#include "catalog/names.h"
#include "catalog/templates.h"
#include "cli/screen.h"
#include "cli/verbs.h"

namespace testloom::cli {

namespace {

struct ModelOptions {
  std::string name;
  std::optional<std::string> family;
  std::optional<std::string> pinned;
  std::optional<std::string> location;
  std::optional<std::string> description;
  std::optional<std::string> config;
  std::vector<std::string> attributes;
  std::vector<std::string> names;
};

// A folder that is there is kept by its full path, since tests run elsewhere; anything else is a hub id.
std::optional<std::string> location_of(const std::optional<std::string>& given) {
  std::error_code error;
  if (!given || given->empty()) return given;
  return std::filesystem::is_directory(*given, error) ? std::filesystem::canonical(*given, error).native()
                                                      : *given;
}

constexpr size_t kMaxConfigBytes = 1 << 20;

// The config that is named, else the one in the model's folder, where there is one.
std::optional<std::string> config_of(const ModelOptions& options, const std::optional<std::string>& location,
                                     std::vector<std::string>& notes) {
  if (options.config) return read_file(*options.config, kMaxConfigBytes, ErrorKind::spec);
  std::error_code ignored;
  const std::filesystem::path file = std::filesystem::path(location.value_or("")) / "config.json";
  if (!location || !std::filesystem::is_regular_file(file, ignored)) return std::nullopt;
  try {
    std::string config = read_file(file, kMaxConfigBytes, ErrorKind::spec);
    if (std::holds_alternative<Value::Dict>(value_of_json(config).data)) return config;
    notes.push_back(fmt::format("{} is no JSON object and is not used", quote(file.native(), 400)));
  } catch (const Error& error) {
    notes.push_back(fmt::format("{} is not used: {}", quote(file.native(), 400), error.message()));
  }
  return std::nullopt;
}

// NAME=VALUE; the value is JSON, or else text as it stands.
std::pair<std::string, std::string> attribute_of(const std::string& given) {
  const size_t equals = given.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw Error(ErrorKind::usage, fmt::format("{} is no attribute", quote(given)),
                "write --attribute NAME=VALUE");
  }
  const std::string value = given.substr(equals + 1);
  try {
    return {given.substr(0, equals), json_of(value_of_json(value))};
  } catch (const Error&) {
    return {given.substr(0, equals), json_of(Value(value))};
  }
}

int run_add(const Context& context, const ModelOptions& options) {
  check_model_name(options.name);
  if (options.pinned && !options.family) {
    throw Error(ErrorKind::usage, "--template needs --family",
                "a mapping says the family and may pin a template");
  }
  const auto store = context.open(OpenMode::write);
  Connection& connection = store->connection();
  std::vector<std::string> notes;
  std::optional<NewMapping> mapping;
  if (options.family) {
    const auto pinned =
        options.pinned ? std::optional(resolve_template(connection, *options.pinned)) : std::nullopt;
    mapping = {options.name, *options.family, pinned, options.description};
  }
  NewModel model{options.name, location_of(options.location), options.description, std::nullopt, {}};
  model.config = config_of(options, model.location, notes);
  for (const std::string& given : options.attributes) model.attributes.push_back(attribute_of(given));
  add_model(connection, model, mapping, notes);
  print_notes(notes);
  const FamilyGuess guess = family_of(connection, options.name);
  if (context.json) {
    JsonWriter json;
    json.begin_object().member("model_name", options.name).member("model_family", guess.model_family);
    print_line(json.member("task", guess.task).member("origin", guess.origin).end_object().text());
  } else if (guess.model_family == "unknown") {
    print_line(
        fmt::format("added model {}; its family is unknown: say it with --family", quote(options.name)));
  } else {
    print_line(
        fmt::format("added model {}: {} (by {})", quote(options.name), guess.model_family, guess.origin));
  }
  return 0;
}

void print_json(const StoredModel& model) {
  JsonWriter json;
  json.begin_object().member("model_name", model.model_name).member("model_family", model.model_family);
  json.member("task", model.task).member("origin", model.origin).member("location", model.location);
  print_line(json.member("template_id", model.template_id)
                 .member("description", model.description)
                 .end_object()
                 .text());
}

int run_list(const Context& context) {
  const auto store = context.open(OpenMode::read);
  const std::vector<StoredModel> models = stored_models(store->connection());
  if (context.json) {
    for (const StoredModel& model : models) print_json(model);
    return 0;
  }
  Table table({{"MODEL"}, {"FAMILY"}, {"ORIGIN"}, {"TASK"}, {"TEMPLATE"}, {"LOCATION"}});
  for (const StoredModel& model : models) {
    table.add({model.model_name, model.model_family, model.origin, model.task,
               model.template_id ? std::to_string(*model.template_id) : "", model.location.value_or("")});
  }
  return 0;
}

int run_show(const Context& context, const ModelOptions& options) {
  const auto store = context.open(OpenMode::read);
  std::vector<std::string> names;
  for (const StoredModel& model : stored_models(store->connection())) {
    names.push_back(model.model_name);
    if (model.model_name != options.name) continue;
    if (context.json) {
      print_json(model);
      return 0;
    }
    print_line(fmt::format("model     {}", one_line(model.model_name, 400)));
    print_line(fmt::format("family    {} (by {})", model.model_family, model.origin));
    if (!model.task.empty()) print_line(fmt::format("task      {}", model.task));
    print_line(fmt::format("location  {}", one_line(model.location.value_or(model.model_name), 400)));
    if (model.template_id) print_line(fmt::format("template  {} (pinned)", *model.template_id));
    if (model.description) print_line(fmt::format("about     {}", one_line(*model.description, 400)));
    return 0;
  }
  const std::vector<std::string_view> known(names.begin(), names.end());
  const std::string guess = nearest(options.name, known);
  throw Error(ErrorKind::usage, fmt::format("there is no model {} in the store", quote(options.name)),
              guess.empty() ? "`testloom model list` shows them, `testloom model detect NAME` needs no store"
                            : fmt::format("did you mean {}?", quote(guess)));
}

std::string detection_json(const std::string& name) {
  const FamilyGuess guess = detect_family(name);
  JsonWriter json;
  json.begin_object()
      .member("model_name", name)
      .member("model_family", guess.model_family)
      .member("task", guess.task);
  json.member("origin", guess.origin)
      .member("confidence", guess.confidence)
      .member("evidence", guess.evidence);
  return json.end_object().take();
}

int detect_lines(const Context& context) {
  std::string out;
  for (std::string line; std::getline(std::cin, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) continue;
    check_model_name(line);
    out += context.json ? detection_json(line)
                        : fmt::format("{}\t{}", detect_family(line).model_family, one_line(line, 4096));
    out += '\n';
    if (out.size() > 1 << 16) print(std::exchange(out, {}));
  }
  print(out);
  return 0;
}

int run_detect(const Context& context, const ModelOptions& options) {
  if (options.names == std::vector<std::string>{"-"}) return detect_lines(context);
  for (const std::string& name : options.names) check_model_name(name);
  if (context.json) {
    for (const std::string& name : options.names) print_line(detection_json(name));
    return 0;
  }
  Table table({{"MODEL"}, {"FAMILY"}, {"TASK"}, {"CONFIDENCE", Table::Align::right}, {"BY"}});
  for (const std::string& name : options.names) {
    const FamilyGuess guess = detect_family(name);
    table.add(
        {name, guess.model_family, guess.task, fmt::format("{:.2f}", guess.confidence), guess.evidence});
  }
  return 0;
}

int run_import(const Context& context, const ModelOptions& options) {
  const auto store = context.open(OpenMode::write);
  const ImportedModels imported = import_models(store->connection(), options.name);
  if (context.json) {
    JsonWriter json;
    json.begin_object().member("models", imported.models).member("mapped", imported.mapped).end_object();
    print_line(json.text());
  } else {
    print_line(fmt::format("took in {}, {} of them mapped to a family",
                           counted(static_cast<uint64_t>(imported.models), "model"), imported.mapped));
  }
  return 0;
}

}  // namespace

void setup_model(CLI::App& app, Context& context) {
  CLI::App* verb = add_verb(app, "model", "keep the models, and see what family each has",
                            "  testloom model add bert-base-uncased\n"
                            "  testloom model add my-net --family vision --location ./my-net\n"
                            "  testloom model detect openai/whisper-tiny gpt2");
  verb->require_subcommand(1);
  auto options = std::make_shared<ModelOptions>();
  const auto on = [&context, options](CLI::App* chosen, int (*act)(const Context&, const ModelOptions&)) {
    chosen->callback([&context, options, act] {
      context.action = [&context, options, act] { return act(context, *options); };
    });
  };

  CLI::App* add =
      add_verb(*verb, "add", "make a model known; with --family, map it",
               "  testloom model add my-net --family vision --template latency --location ./my-net");
  add->add_option("NAME", options->name, "the model's name")->required();
  add->add_option("--family,--model-family", options->family, "its family (default: detected from the name)");
  add->add_option("--template", options->pinned, "the ID or name of the one template to use");
  add->add_option("--location", options->location, "hub id or folder to load it from (default: the name)");
  add->add_option("--description", options->description, "one line about it");
  add->add_option("--config", options->config, "its config.json (default: the one in its folder)");
  add->add_option("--attribute", options->attributes,
                  "NAME=VALUE, which templates know as model.NAME; again for more");
  on(add, run_add);

  CLI::App* import =
      add_verb(*verb, "import", "make all models of a list known; those with a family are mapped",
               "  testloom model import models.csv");
  import->add_option("FILE", options->name, "a CSV, Parquet or JSON file with a column 'name'")->required();
  on(import, run_import);

  CLI::App* list = add_verb(*verb, "list", "list the known models", "  testloom model list --json");
  on(list, [](const Context& c, const ModelOptions&) { return run_list(c); });

  CLI::App* show = add_verb(*verb, "show", "show one known model", "  testloom model show bert-base-uncased");
  show->add_option("NAME", options->name, "the model's name")->required();
  on(show, run_show);

  CLI::App* detect = add_verb(*verb, "detect", "say the family that a name tells; needs no store",
                              "  testloom model detect gpt2 facebook/detr-resnet-50\n"
                              "  testloom model detect --json - < names.txt");
  detect->add_option("NAME", options->names, "names, or - for one a line on standard input")->required();
  on(detect, run_detect);

  setup_model_estimate(*verb, context);
}

}  // namespace testloom::cli
