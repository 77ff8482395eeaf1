// `testloom model add|import|list|show`; the other verbs below it have files of their own.
#include <filesystem>

#include <fmt/format.h>

#include "base/files.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "catalog/json_values.h"
#include "catalog/model_list.h"
#include "catalog/model_location.h"
#include "catalog/models.h"
#include "catalog/names.h"
#include "catalog/templates.h"
#include "cli/screen.h"
#include "cli/verbs.h"
#include "model/weights/weight_files.h"

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
};

// Parameters and bytes, where the location is on this machine and has weights.
void add_weights(NewModel& model, std::vector<std::string>& notes) {
  std::error_code error;
  if (!model.location || !std::filesystem::exists(*model.location, error)) return;
  try {
    const auto weights = read_weight_files(*model.location);
    if (!weights) return;
    notes.insert(notes.end(), weights->notes.begin(), weights->notes.end());
    model.weight_bytes = static_cast<int64_t>(weights->bytes);
    if (weights->parameters) model.parameter_count = static_cast<int64_t>(*weights->parameters);
  } catch (const Error& problem) {
    notes.push_back(fmt::format("its weights are not counted: {}", one_line(problem.message(), 400)));
  }
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
  std::optional<std::string> location = options.location;
  if (location) location = full_location(*location, "");
  NewModel model{options.name, location, options.description, std::nullopt, {}};
  model.config = config_of(options, model.location, notes);
  add_weights(model, notes);
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
  json.member("template_id", model.template_id).member("description", model.description);
  json.member("revision", model.revision).member("parameters", model.parameter_count);
  print_line(json.member("weight_bytes", model.weight_bytes).end_object().text());
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
    if (model.revision) print_line(fmt::format("revision  {}", one_line(*model.revision, 400)));
    if (model.weight_bytes) {
      print_line(
          fmt::format("weights   {}{}", show_bytes(static_cast<double>(*model.weight_bytes)),
                      model.parameter_count ? fmt::format(", {} parameters", *model.parameter_count) : ""));
    }
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

  setup_model_scan(*verb, context);

  CLI::App* list = add_verb(*verb, "list", "list the known models", "  testloom model list --json");
  on(list, [](const Context& c, const ModelOptions&) { return run_list(c); });

  CLI::App* show = add_verb(*verb, "show", "show one known model", "  testloom model show bert-base-uncased");
  show->add_option("NAME", options->name, "the model's name")->required();
  on(show, run_show);

  setup_model_detect(*verb, context);
  setup_model_estimate(*verb, context);
  setup_model_calibrate(*verb, context);
}

}  // namespace testloom::cli
