// `testloom init`: makes a store.
#include <fmt/format.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "catalog/templates.h"
#include "cli/screen.h"
#include "cli/verbs.h"

namespace testloom::cli {

namespace {

int run_init(const Context& context, bool with_templates) {
  std::error_code error;
  const bool existed = std::filesystem::exists(context.store_path, error);
  const auto store = context.open(OpenMode::create);
  size_t added = 0;
  if (with_templates && stored_templates(store->connection()).empty()) {
    for (const AddedTemplate& shipped : add_shipped_templates(store->connection())) {
      added += shipped.is_partial ? 0 : 1;  // what the others include is not counted
    }
  }
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
                            "  testloom init\n  testloom init --store nightly.duckdb --no-templates");
  auto no_templates = std::make_shared<bool>(false);
  verb->add_flag("--no-templates", *no_templates, "leave the store empty");
  verb->callback([&context, no_templates] {
    context.action = [&context, no_templates] { return run_init(context, !*no_templates); };
  });
}

}  // namespace testloom::cli
