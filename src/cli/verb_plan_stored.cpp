// `testloom plan list|show|diff|export|remove`: the plans that a store keeps.
#include <map>

#include <fmt/format.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "cli/plan_shown.h"
#include "cli/screen.h"
#include "cli/verbs.h"
#include "plan/snapshot.h"
#include "plan/stored_plans.h"

namespace testloom::cli {

namespace {

int run_plans(const Context& context) {
  const auto store = context.open(OpenMode::read);
  const std::vector<StoredPlan> plans = stored_plans(store->connection());
  if (context.json) {
    for (const StoredPlan& plan : plans) {
      JsonWriter json;
      json.begin_object()
          .member("plan_id", plan.plan_id)
          .member("name", plan.name)
          .member("created_at", plan.created_at);
      json.member("models", plan.models).member("tests", plan.tests);
      print_line(json.key("spec").raw(plan.spec).end_object().text());
    }
    return 0;
  }
  Table table({{"PLAN", Table::Align::right},
               {"NAME"},
               {"MADE (UTC)"},
               {"MODELS", Table::Align::right},
               {"TESTS", Table::Align::right}});
  for (const StoredPlan& plan : plans) {
    table.add({std::to_string(plan.plan_id), plan.name, plan.created_at, std::to_string(plan.models),
               std::to_string(plan.tests)});
  }
  return 0;
}

int run_plan_show(const Context& context, const std::optional<std::string>& wanted) {
  const auto store = context.open(OpenMode::read);
  const int64_t plan_id = latest_plan(store->connection(), wanted);
  const PlanSummary summary = stored_summary(store->connection(), plan_id);
  if (context.json) {
    print_json(summary, true);
    return 0;
  }
  const StoredPlan plan = stored_plan(store->connection(), plan_id);
  print_line(fmt::format("plan {} '{}', made {} UTC", plan.plan_id, one_line(plan.name), plan.created_at));
  print_line("asked for  " + one_line(plan.spec, 4000));
  show_summary(summary);
  return 0;
}

struct ExportOptions {
  std::string folder;
  std::optional<std::string> plan;
};

int run_plan_export(const Context& context, const ExportOptions& options) {
  const auto store =
      context.open(OpenMode::write);  // DuckDB writes no other file while this one is only read
  const StoredPlan plan = stored_plan(store->connection(), latest_plan(store->connection(), options.plan));
  Activity activity("exporting");
  const std::filesystem::path file = export_plan(*store, plan.plan_id, options.folder);
  activity.stop();
  if (context.json) {
    JsonWriter json;
    json.begin_object().member("store", file.native()).member("plan_id", plan.plan_id);
    print_line(json.member("name", plan.name).member("tests", plan.tests).end_object().text());
    return 0;
  }
  print_line(fmt::format("exported plan {} '{}' with {} to {}", plan.plan_id, one_line(plan.name),
                         counted(static_cast<uint64_t>(plan.tests), "test"), one_line(file.native(), 400)));
  return 0;
}

int run_plan_remove(const Context& context, const std::string& wanted, bool yes) {
  std::string name;
  int64_t tests = 0;
  {
    const auto store = context.open(OpenMode::read);
    const StoredPlan plan = stored_plan(store->connection(), latest_plan(store->connection(), wanted));
    name = fmt::format("plan {} '{}'", plan.plan_id, one_line(plan.name));
    tests = plan.tests;
  }
  if (!yes && !confirm(fmt::format("{} with {} would be removed", name,
                                   counted(static_cast<uint64_t>(tests), "test")))) {
    print_line("nothing was removed");
    return 0;
  }
  const auto store = context.open(OpenMode::write);
  remove_plan(store->connection(), latest_plan(store->connection(), wanted));
  print_line(fmt::format("removed {} with {}", name, counted(static_cast<uint64_t>(tests), "test")));
  return 0;
}

struct DiffOptions {
  std::string older, newer;
};

int run_plan_diff(const Context& context, const DiffOptions& options) {
  const auto store = context.open(OpenMode::read);
  Connection& connection = store->connection();
  const int64_t older = latest_plan(connection, options.older),
                newer = latest_plan(connection, options.newer);
  std::map<std::string, int64_t> counts;
  for_each_difference(connection, newer, older, [&](std::string_view case_name, std::string_view how) {
    ++counts[std::string(how)];
    if (context.json) {
      JsonWriter json;
      print_line(json.begin_object().member("case", case_name).member("how", how).end_object().text());
    } else {
      print_line(fmt::format("{:<9} {}", how, one_line(case_name, 5000)));
    }
  });
  if (context.json) return 0;
  show_diff({older, counts["added"], counts["removed"], counts["changed"], counts["refreshed"]});
  return 0;
}

}  // namespace

void setup_stored_plans(CLI::App& verb, Context& context) {
  CLI::App* list =
      add_verb(verb, "list", "list the plans that the store keeps", "  testloom plan list --json");
  list->callback([&context] { context.action = [&context] { return run_plans(context); }; });

  const auto wanted = std::make_shared<std::optional<std::string>>();
  CLI::App* show = add_verb(verb, "show", "show what a plan was asked for and what came out",
                            "  testloom plan show nightly");
  show->add_option("PLAN", *wanted, "a plan's name or number (default: the latest)");
  show->callback([&context, wanted] {
    context.action = [&context, wanted] { return run_plan_show(context, *wanted); };
  });

  const auto pair = std::make_shared<DiffOptions>();
  CLI::App* diff =
      add_verb(verb, "diff", "list the cases in which two plans differ", "  testloom plan diff 1 2");
  diff->add_option("OLDER", pair->older, "a plan's name (its latest) or number")->required();
  diff->add_option("NEWER", pair->newer, "a plan's name (its latest) or number")->required();
  diff->callback(
      [&context, pair] { context.action = [&context, pair] { return run_plan_diff(context, *pair); }; });

  const auto exported = std::make_shared<ExportOptions>();
  CLI::App* to_folder = add_verb(verb, "export", "write a snapshot of a plan that other machines run",
                                 "  testloom plan export /shared/nightly --plan nightly\n"
                                 "  testloom run --store /shared/nightly/testloom.duckdb\n"
                                 "  testloom ingest /shared/nightly/testloom.duckdb.runs");
  to_folder->add_option("DIR", exported->folder, "the folder for it; made where it is not there")->required();
  to_folder->add_option("--plan", exported->plan, "a plan's name or number (default: the latest)");
  to_folder->callback([&context, exported] {
    context.action = [&context, exported] { return run_plan_export(context, *exported); };
  });

  const auto removed = std::make_shared<std::string>();
  const auto yes = std::make_shared<bool>(false);
  CLI::App* remove = add_verb(verb, "remove", "take a plan and its tests out of the store; outcomes stay",
                              "  testloom plan remove 3 --yes");
  remove->add_option("PLAN", *removed, "a plan's name (its latest) or number")->required();
  remove->add_flag("--yes", *yes, "do not ask");
  remove->callback([&context, removed, yes] {
    context.action = [&context, removed, yes] { return run_plan_remove(context, *removed, *yes); };
  });
}

}  // namespace testloom::cli
