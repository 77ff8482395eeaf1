// `testloom tests list|show|render`: looking at planned tests and writing them as files.
#include <fmt/format.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "catalog/names.h"
#include "cli/screen.h"
#include "cli/verbs.h"
#include "engine/journal.h"
#include "plan/planner.h"
#include "plan/render_tree.h"
#include "plan/tests.h"

namespace testloom::cli {

namespace {

struct TestsOptions {
  std::optional<std::string> plan;
  std::optional<std::string> hardware;
  std::string wanted;
  std::string out;
  int64_t limit = -1;
};

TestFilter filter_of(Connection& connection, const TestsOptions& options) {
  TestFilter filter;
  filter.plan_id = latest_plan(connection, options.plan);
  std::vector<std::string> notes;
  if (options.hardware) filter.hardware_types = parse_hardware_types(*options.hardware, notes);
  if (options.limit >= 0) filter.limit = options.limit;
  return filter;
}

JsonWriter json_of(const PlannedTest& test) {
  JsonWriter json;
  json.begin_object().member("test_id", test.test_id).member("case", test.case_name);
  json.member("model_name", test.model_name)
      .member("model_family", test.model_family)
      .member("task", test.task);
  json.member("hardware_type", test.hardware_type).member("batch_size", test.batch_size);
  json.member("template_name", test.template_name).member("template_id", test.template_id);
  json.member("template_version", test.template_version).member("priority", test.priority);
  json.member("estimated_memory_gb", test.estimated_memory_gb)
      .member("estimate_origin", test.estimate_origin);
  json.key("dependencies").begin_array();
  for (const std::string& dependency : test.dependencies) json.value(dependency);
  json.end_array().member("last_outcome", test.last_outcome);
  return json;
}

int run_list(const Context& context, const TestsOptions& options) {
  const auto store = context.open(OpenMode::read);
  if (const size_t left = count_left_journals(store->path())) {
    print_notes({fmt::format(
        "the outcomes of {} that was killed are not in the store yet; `testloom plan` or `run` takes "
        "them in",
        counted(left, "run"))});
  }
  const TestFilter filter = filter_of(store->connection(), options);
  if (context.json) {
    std::string out;
    for_each_test(store->connection(), filter, [&](const PlannedTest& test) {
      out += json_of(test).end_object().text() + "\n";
      if (out.size() > 1 << 16) print(std::exchange(out, {}));
    });
    print(out);
    return 0;
  }
  Table table({{"TEST"},
               {"CASE"},
               {"PRIORITY", Table::Align::right},
               {"MEMORY", Table::Align::right},
               {"AFTER"},
               {"LAST"}});
  for_each_test(store->connection(), filter, [&](const PlannedTest& test) {
    const std::string after = test.dependencies.empty() ? "" : test.dependencies.front().substr(0, 13);
    table.add({test.test_id.substr(0, 13), test.case_name, std::to_string(test.priority),
               show_bytes(test.estimated_memory_gb * 1e9), after, test.last_outcome.value_or("")});
  });
  return 0;
}

int run_show(const Context& context, const TestsOptions& options) {
  const auto store = context.open(OpenMode::read);
  Connection& connection = store->connection();
  const auto plan_id = options.plan ? std::optional(latest_plan(connection, options.plan)) : std::nullopt;
  const PlannedTest test = find_test(connection, options.wanted, plan_id);
  TestRenderer renderer;
  renderer.load(connection, test);
  const std::string content(renderer.render(test));
  if (context.json) {
    print_line(json_of(test).member("content", content).end_object().text());
    return 0;
  }
  print_line(fmt::format("test        {}", test.test_id));
  print_line(fmt::format("case        {}", one_line(test.case_name, 5000)));
  print_line(fmt::format("family      {} (by {})", test.model_family, test.family_origin));
  print_line(fmt::format("template    {} (ID {}, version {})", test.template_name, test.template_id,
                         test.template_version));
  print_line(fmt::format("location    {}", one_line(test.model_location, 5000)));
  print_line(fmt::format("priority    {}", test.priority));
  print_line(fmt::format("memory      {} (by {})", show_bytes(test.estimated_memory_gb * 1e9),
                         test.estimate_origin));
  for (const std::string& dependency : test.dependencies) print_line("after       " + dependency);
  if (test.last_outcome) print_line("last        " + *test.last_outcome);
  print_line("");
  print(content);
  return 0;
}

int run_render(const Context& context, const TestsOptions& options) {
  const auto store = context.open(OpenMode::read);
  Activity activity("rendering");
  const RenderedTree tree =
      render_tree(store->connection(), filter_of(store->connection(), options), options.out);
  activity.stop();
  if (context.json) {
    JsonWriter json;
    json.begin_object()
        .member("folder", options.out)
        .member("files", tree.files)
        .member("written", tree.written);
    print_line(json.member("removed", tree.removed).end_object().text());
  } else {
    print_line(fmt::format("{} in {}: {} written, {} as they were, {} removed",
                           counted(static_cast<uint64_t>(tree.files), "test"), one_line(options.out, 400),
                           tree.written, tree.files - tree.written, tree.removed));
  }
  return 0;
}

}  // namespace

void setup_tests(CLI::App& app, Context& context) {
  CLI::App* verb = add_verb(app, "tests", "look at planned tests, and write them as files",
                            "  testloom tests list --hardware cpu\n"
                            "  testloom tests show 9f1c0a52\n"
                            "  testloom tests render --out rendered");
  verb->require_subcommand(1);
  auto options = std::make_shared<TestsOptions>();
  const auto on = [&context, options](CLI::App* chosen, int (*act)(const Context&, const TestsOptions&)) {
    chosen->add_option("--plan", options->plan, "a plan's name or number (default: the latest)");
    chosen->callback([&context, options, act] {
      context.action = [&context, options, act] { return act(context, *options); };
    });
  };

  CLI::App* list = add_verb(*verb, "list", "list tests with priority, memory, dependency and last outcome",
                            "  testloom tests list --plan nightly --hardware cuda --json");
  list->add_option("--hardware,--hardware-types", options->hardware, "only these hardware types");
  list->add_option("--limit", options->limit, "at most so many")
      ->check(CLI::Validator(
          [](std::string& text) {
            const bool digits = !text.empty() && text.size() < 19 &&
                                text.find_first_not_of("0123456789") == std::string::npos;
            return digits ? std::string() : fmt::format("{} is not a whole number", quote(text));
          },
          "COUNT"));
  on(list, run_list);

  CLI::App* show = add_verb(*verb, "show", "show one test and its text", "  testloom tests show 9f1c0a52");
  show->add_option("ID|CASE", options->wanted, "a test's id, the beginning of one, or its case")->required();
  on(show, run_show);

  CLI::App* render = add_verb(*verb, "render", "write the tests as files, with manifest.jsonl",
                              "  testloom tests render --out rendered --hardware cpu");
  render->add_option("--out,--output-dir", options->out, "a new or empty folder, or one rendered into before")
      ->required();
  render->add_option("--hardware,--hardware-types", options->hardware, "only these hardware types");
  on(render, run_render);
}

}  // namespace testloom::cli
