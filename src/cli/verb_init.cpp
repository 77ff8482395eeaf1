// `testloom init`: makes a store.
#include <algorithm>

#include <fmt/format.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "catalog/templates.h"
#include "cli/screen.h"
#include "cli/verbs.h"

namespace testloom::cli {

namespace {

struct InitOptions {
  bool no_templates = false;
  bool parity = false;
};

// What the others include is not counted.
size_t count_tests(const std::vector<AddedTemplate>& added) {
  return static_cast<size_t>(std::ranges::count(added, false, &AddedTemplate::is_partial));
}

int run_init(const Context& context, const InitOptions& options) {
  std::error_code error;
  const bool existed = std::filesystem::exists(context.store_path, error);
  const auto store = context.open(OpenMode::create);
  size_t added = 0;
  if (!options.no_templates && stored_templates(store->connection()).empty())
    added += count_tests(add_shipped_templates(store->connection()));
  if (options.parity) added += count_tests(add_parity_templates(store->connection()));
  const std::string name = quote(context.store_path, 400);
  if (context.json) {
    JsonWriter json;
    json.begin_object().member("store", store->path().native()).member("created", !existed);
    print_line(json.member("templates", uint64_t{added}).end_object().text());
  } else if (!existed) {
    print_line(fmt::format("made the store {} with {}", name, counted(added, "template")));
  } else if (added > 0) {
    print_line(fmt::format("the store {} was there already; added {}", name, counted(added, "template")));
  } else {
    print_line(fmt::format("the store {} is there already; nothing was changed", name));
  }
  return 0;
}

}  // namespace

void setup_init(CLI::App& app, Context& context) {
  CLI::App* verb = add_verb(app, "init", "make a store, with the templates that testloom ships",
                            "  testloom init\n  testloom init --store nightly.duckdb --no-templates\n"
                            "  testloom init --parity");
  auto options = std::make_shared<InitOptions>();
  CLI::Option* no_templates =
      verb->add_flag("--no-templates", options->no_templates, "leave the store empty");
  verb->add_flag(
          "--parity", options->parity,
          "add the templates that compare a device with the CPU, also to a store that is there already")
      ->excludes(no_templates);
  verb->callback(
      [&context, options] { context.action = [&context, options] { return run_init(context, *options); }; });
}

}  // namespace testloom::cli
