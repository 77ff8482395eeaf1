// `testloom template add|list|show|remove`, and the way to the verbs that need no store.
#include <fmt/format.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "catalog/template_files.h"
#include "catalog/template_parts.h"
#include "catalog/templates.h"
#include "cli/screen.h"
#include "cli/verbs.h"
#include "testloom/template.h"

namespace testloom::cli {

namespace {

struct TemplateOptions {
  std::string file;
  std::optional<std::string> name;
  std::optional<std::string> family;
  bool partial = false;
  std::optional<std::string> hardware;
  std::optional<std::string> description;
  std::string wanted;
};

int run_add(const Context& context, const TemplateOptions& options) {
  const std::string content = read_template(options.file);
  const std::string name = options.name.value_or(template_name_of(options.file));
  const auto store = context.open(OpenMode::write);
  std::vector<std::string> notes;
  NewTemplate given{name,
                    options.family.value_or(std::string(kAnyFamily)),
                    options.hardware,
                    content,
                    options.description,
                    options.file};
  BesideFinder beside(nullptr);
  given.options = options_for(options.file);
  given.options.is_partial = given.options.is_partial || options.partial || name.starts_with('_');
  given.options.finder = &beside;
  if (!options.family && !given.options.is_partial) {
    throw Error(ErrorKind::usage, "--family is required",
                "only a partial, which others include, may be for every family");
  }
  const AddedTemplate added = add_template(store->connection(), given, notes);
  print_notes(notes);
  if (context.json) {
    JsonWriter json;
    json.begin_object().member("template_id", added.template_id).member("version", added.version);
    print_line(json.member("is_new", added.is_new).member("changed", added.changed).end_object().text());
  } else if (added.is_new) {
    print_line(fmt::format("added template {} with ID {}", quote(name), added.template_id));
  } else if (added.restored) {
    print_line(fmt::format("template {} (ID {}) is back, at version {}", quote(name), added.template_id,
                           added.version));
  } else if (added.changed) {
    print_line(fmt::format("template {} (ID {}) is now at version {}", quote(name), added.template_id,
                           added.version));
  } else {
    print_line(fmt::format("template {} (ID {}) has this content already, version {}", quote(name),
                           added.template_id, added.version));
  }
  return 0;
}

void print_json(const StoredTemplate& stored, bool with_content) {
  JsonWriter json;
  json.begin_object().member("template_id", stored.template_id).member("template_name", stored.template_name);
  json.member("model_family", stored.model_family).member("hardware_type", stored.hardware_type);
  json.member("version", stored.version).member("description", stored.description);
  json.member("output_kind", stored.output_kind).member("is_partial", stored.is_partial);
  json.member("created_at", stored.created_at).member("updated_at", stored.updated_at);
  if (with_content) json.member("content", stored.content);
  print_line(json.end_object().text());
}

int run_list(const Context& context) {
  const auto store = context.open(OpenMode::read);
  const std::vector<StoredTemplate> templates = stored_templates(store->connection());
  if (context.json) {
    for (const StoredTemplate& stored : templates) print_json(stored, false);
    return 0;
  }
  Table table({{"ID", Table::Align::right},
               {"NAME"},
               {"FAMILY"},
               {"HARDWARE"},
               {"VERSION", Table::Align::right},
               {"DESCRIPTION"}});
  for (const StoredTemplate& stored : templates) {
    table.add({std::to_string(stored.template_id), stored.template_name, stored.model_family,
               stored.hardware_type.value_or("any"), std::to_string(stored.version),
               stored.description.value_or("")});
  }
  return 0;
}

int run_show(const Context& context, const TemplateOptions& options) {
  const auto store = context.open(OpenMode::read);
  const StoredTemplate stored =
      *find_template(store->connection(), resolve_template(store->connection(), options.wanted));
  if (context.json) {
    print_json(stored, true);
    return 0;
  }
  print(stored.content);
  if (!stored.content.ends_with('\n')) print("\n");
  return 0;
}

int run_remove(const Context& context, const TemplateOptions& options) {
  const auto store = context.open(OpenMode::write);
  const int64_t template_id = resolve_template(store->connection(), options.wanted);
  remove_template(store->connection(), template_id);
  if (context.json) {
    print_line(JsonWriter().begin_object().member("removed", template_id).end_object().text());
  } else {
    print_line(fmt::format("removed template {}; plans made with it stay as they are", template_id));
  }
  return 0;
}

}  // namespace

void setup_template(CLI::App& app, Context& context) {
  CLI::App* verb = add_verb(app, "template", "keep, check and try the templates that tests are made from",
                            "  testloom template add latency.py --family text_generation\n"
                            "  testloom template check templates/*.py\n"
                            "  testloom template list");
  verb->require_subcommand(1);
  auto options = std::make_shared<TemplateOptions>();
  const auto on = [&context, options](CLI::App* chosen, int (*act)(const Context&, const TemplateOptions&)) {
    chosen->callback([&context, options, act] {
      context.action = [&context, options, act] { return act(context, *options); };
    });
  };

  CLI::App* add =
      add_verb(*verb, "add", "check a template file and store it; changed content makes a new version",
               "  testloom template add vision.py --name latency --family vision --hardware cuda");
  add->add_option("FILE", options->file, "the template")->required();
  add->add_option("--name", options->name, "its name (default: the file's, without suffix)");
  add->add_option("--family,--model-family", options->family,
                  "the model family it is for (a partial: every one unless given)");
  add->add_flag(
      "--partial", options->partial,
      "it is there to be included or extended and makes no tests, like one whose name begins with '_'");
  add->add_option("--hardware,--hardware-type", options->hardware,
                  "the hardware type it is for (default: any)");
  add->add_option("--description", options->description, "one line about it");
  on(add, run_add);

  CLI::App* list = add_verb(*verb, "list", "list the templates", "  testloom template list --json");
  on(list, [](const Context& c, const TemplateOptions&) { return run_list(c); });

  CLI::App* show =
      add_verb(*verb, "show", "print a template's content", "  testloom template show text_embedding");
  show->add_option("ID|NAME", options->wanted, "which one")->required();
  on(show, run_show);

  CLI::App* remove =
      add_verb(*verb, "remove", "hide a template from listing and planning", "  testloom template remove 3");
  remove->add_option("ID|NAME", options->wanted, "which one")->required();
  on(remove, run_remove);

  setup_template_check(*verb, context);
  setup_template_render(*verb, context);
  setup_template_vars(*verb, context);
  setup_template_test(*verb, context);
}

}  // namespace testloom::cli
