// `testloom baseline set|list|remove`: runs that are kept under a name to compare others with.
#include <fmt/format.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "cli/screen.h"
#include "cli/verbs.h"
#include "report/runs.h"

namespace testloom::cli {

namespace {

struct BaselineOptions {
  std::string name;
  std::string run = "latest";
};

int run_set(const Context& context, const BaselineOptions& options) {
  const auto store = context.open(OpenMode::write);
  const StoredRun run = find_run(store->connection(), options.run);
  set_baseline(store->connection(), options.name, run.run_id);
  if (context.json) {
    JsonWriter json;
    json.begin_object().member("baseline_name", options.name).member("run_id", run.run_id).end_object();
    print_line(json.text());
  } else {
    print_line(fmt::format("{} is the run {}", quote(options.name), run.run_id));
  }
  return 0;
}

int run_list(const Context& context, const BaselineOptions&) {
  const auto store = context.open(OpenMode::read);
  const std::vector<Baseline> kept = baselines(store->connection());
  if (context.json) {
    for (const Baseline& each : kept) {
      JsonWriter json;
      json.begin_object().member("baseline_name", each.name).member("run_id", each.run_id);
      print_line(json.member("created_at", each.created_at).end_object().text());
    }
    return 0;
  }
  Table table({{"BASELINE"}, {"RUN"}, {"SINCE"}});
  for (const Baseline& each : kept) table.add({each.name, each.run_id, each.created_at});
  return 0;
}

int run_remove(const Context& context, const BaselineOptions& options) {
  const auto store = context.open(OpenMode::write);
  remove_baseline(store->connection(), options.name);
  if (context.json) {
    JsonWriter json;
    print_line(json.begin_object().member("removed", options.name).end_object().text());
  } else {
    print_line(fmt::format("removed the baseline {}; its run stays", quote(options.name)));
  }
  return 0;
}

}  // namespace

void setup_baseline(CLI::App& app, Context& context) {
  CLI::App* verb = add_verb(app, "baseline", "keep runs under names, to compare others with",
                            "  testloom baseline set release\n"
                            "  testloom compare --baseline release");
  verb->require_subcommand(1);
  auto options = std::make_shared<BaselineOptions>();
  const auto on = [&context, options](CLI::App* chosen, int (*act)(const Context&, const BaselineOptions&)) {
    chosen->callback([&context, options, act] {
      context.action = [&context, options, act] { return act(context, *options); };
    });
  };
  CLI::App* set = add_verb(*verb, "set", "keep a run under a name, instead of the one that has it",
                           "  testloom baseline set release\n  testloom baseline set release 20260131-2359");
  set->add_option("NAME", options->name, "letters, digits, '.', '_' and '-'")->required();
  set->add_option("RUN", options->run, "an id or its beginning, latest, previous, or a baseline")
      ->capture_default_str();
  on(set, run_set);
  on(add_verb(*verb, "list", "list them", "  testloom baseline list --json"), run_list);
  CLI::App* remove =
      add_verb(*verb, "remove", "forget a name; the run stays", "  testloom baseline remove release");
  remove->add_option("NAME", options->name, "its name")->required();
  on(remove, run_remove);
}

}  // namespace testloom::cli
