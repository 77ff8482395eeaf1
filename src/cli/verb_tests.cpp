// `testloom tests list|count|graph|show|render`: looking at planned tests and writing them as files.
#include <fmt/format.h>

#include "base/json_writer.h"
#include "base/outcome_words.h"
#include "base/text.h"
#include "catalog/names.h"
#include "cli/left_journals.h"
#include "cli/screen.h"
#include "cli/test_listing.h"
#include "cli/verbs.h"
#include "engine/plan_schedule.h"
#include "plan/planner.h"
#include "plan/render_tree.h"
#include "plan/test_columns.h"
#include "plan/tests.h"

namespace testloom::cli {

namespace {

struct TestsOptions {
  std::optional<std::string> plan;
  std::optional<std::string> hardware;
  std::optional<std::string> where;
  std::optional<std::string> outcome;
  std::string format = "table";
  std::string by;
  std::string wanted;
  std::string out;
  int64_t limit = -1;
  bool ordered = false;
};

// "failed,oom"; none stands for tests that never ran.
std::vector<std::string> parse_outcomes(const std::string& text) {
  std::vector<std::string> words = split(text, ',');
  for (const std::string& word : words) {
    const bool is_known =
        word == "none" || std::find(outcome::by_severity.begin(), outcome::by_severity.end(), word) !=
                              outcome::by_severity.end();
    if (is_known) continue;
    throw Error(ErrorKind::usage, fmt::format("{} is no outcome", quote(word, 60)),
                "one of " + join(outcome::by_severity, ", ") + ", or none for tests that never ran");
  }
  return words;
}

TestFilter filter_of(Connection& connection, const TestsOptions& options) {
  TestFilter filter;
  filter.plan_id = latest_plan(connection, options.plan);
  std::vector<std::string> notes;
  if (options.hardware) filter.hardware_types = parse_hardware_types(*options.hardware, notes);
  if (options.limit >= 0) filter.limit = options.limit;
  if (options.where) filter.where = checked_where(connection, filter.plan_id, *options.where);
  if (options.outcome) filter.last_outcomes = parse_outcomes(*options.outcome);
  return filter;
}

// Each test after all that it comes after, as engines take them; in memory.
int list_ordered(Connection& connection, TestFilter filter, bool as_json) {
  const std::optional<int64_t> limit = std::exchange(filter.limit, std::nullopt);
  std::vector<PlannedTest> tests;
  for_each_test(connection, filter, [&](const PlannedTest& test) { tests.push_back(test); });
  std::vector<size_t> order = order_of(tests);
  if (limit && order.size() > static_cast<size_t>(*limit)) order.resize(static_cast<size_t>(*limit));
  for (const size_t test : order)
    print_line(as_json ? json_of(tests[test]).end_object().text() : one_line(tests[test].case_name, 5000));
  return 0;
}

int run_list(const Context& context, const TestsOptions& options) {
  const auto store = context.open(OpenMode::read);
  note_left_journals(*store);
  Connection& connection = store->connection();
  const TestFilter filter = filter_of(connection, options);
  if (options.format == "parquet") {
    if (options.out.empty())
      throw Error(ErrorKind::usage, "Parquet goes into a file",
                  "name one: --format parquet --out tests.parquet");
    list_as_parquet(*store, filter, options.out);
    return 0;
  }
  if (!options.out.empty())
    throw Error(ErrorKind::usage, "--out is for --format parquet", "the other formats go to standard output");
  if (options.ordered) return list_ordered(connection, filter, context.json || options.format == "json");
  if (context.json || options.format == "json")
    list_as_json(connection, filter);
  else if (options.format == "csv")
    list_as_csv(connection, filter);
  else
    list_as_table(connection, filter);
  return 0;
}

int run_graph(const Context& context, const TestsOptions& options) {
  const auto store = context.open(OpenMode::read);
  const TestFilter filter = filter_of(store->connection(), options);
  options.format == "mermaid" ? graph_as_mermaid(store->connection(), filter)
                              : graph_as_dot(store->connection(), filter);
  return 0;
}

int run_count(const Context& context, const TestsOptions& options) {
  const auto store = context.open(OpenMode::read);
  const TestFilter filter = filter_of(store->connection(), options);
  std::vector<std::string> by;
  if (!options.by.empty()) {
    for (const std::string& name : split(options.by, ',')) by.emplace_back(trimmed(name));
  }
  const std::vector<TestCount> counts = count_tests(store->connection(), filter, by);
  int64_t tests = 0;
  for (const TestCount& count : counts) tests += count.tests;
  if (context.json) {
    JsonWriter json;
    json.begin_object().member("tests", tests).key("counts").begin_array();
    for (const TestCount& count : counts) {
      json.begin_object();
      for (size_t i = 0; i < by.size(); ++i) json.member(by[i], count.values[i]);
      json.member("tests", count.tests).end_object();
    }
    print_line(json.end_array().end_object().text());
    return 0;
  }
  if (by.empty()) {
    print_line(std::to_string(tests));
    return 0;
  }
  std::vector<Table::Column> columns;
  for (const std::string& name : by) columns.push_back({name});
  columns.push_back({"tests", Table::Align::right});
  Table table(columns);
  for (const TestCount& count : counts) {
    std::vector<std::string> cells;
    for (const std::optional<std::string>& value : count.values) cells.push_back(value.value_or(""));
    cells.push_back(std::to_string(count.tests));
    table.add(std::move(cells));
  }
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

// A condition may fail on a row.
int act_on(const Context& context, const TestsOptions& options,
           int (*act)(const Context&, const TestsOptions&)) {
  try {
    return act(context, options);
  } catch (const Error& error) {
    if (!options.where || !is_row_failure(error)) throw;
    throw condition_failed(*options.where, {"--where", "", 0, 0}, ErrorKind::usage, error.message());
  }
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
      context.action = [&context, options, act] { return act_on(context, *options, act); };
    });
  };

  const auto filtered = [options](CLI::App* chosen) {
    chosen->add_option("--hardware,--hardware-types", options->hardware, "only these hardware types");
    chosen->add_option("--where", options->where,
                       "only tests for which this condition holds (docs/plans.md)");
  };

  CLI::App* list =
      add_verb(*verb, "list", "list tests with priority, memory, dependency and last outcome",
               "  testloom tests list --plan nightly --where \"batch_size >= 16 and task = 'fill-mask'\"\n"
               "  testloom tests list --format parquet --out tests.parquet");
  filtered(list);
  list->add_option("--format", options->format, "table, csv, json or parquet")
      ->capture_default_str()
      ->check(CLI::IsMember({"table", "csv", "json", "parquet"}));
  list->add_option("--out", options->out, "the file for parquet");
  list->add_flag("--order", options->ordered,
                 "in the order in which they would run if all passed: cases, or objects with --json");
  list->add_option("--limit", options->limit, "at most so many")
      ->check(CLI::Validator(
          [](std::string& text) {
            const bool digits = !text.empty() && text.size() < 19 &&
                                text.find_first_not_of("0123456789") == std::string::npos;
            return digits ? std::string() : fmt::format("{} is not a whole number", quote(text));
          },
          "COUNT"));
  list->add_option("--outcome", options->outcome,
                   "only tests whose last outcome is one of these, as failed,oom; none: that never ran");
  on(list, run_list);

  CLI::App* count = add_verb(*verb, "count", "count tests, in all or by columns",
                             "  testloom tests count --by model_family,hardware_type --json");
  filtered(count);
  count->add_option("--by", options->by, "columns to count by, as model_family,hardware_type");
  on(count, run_count);

  CLI::App* graph =
      add_verb(*verb, "graph", "print which test comes after which, for Graphviz or Mermaid",
               "  testloom tests graph --where \"model_name = 'bert-base-uncased'\" | dot -Tsvg > tests.svg");
  filtered(graph);
  graph->add_option("--format", options->format, "dot or mermaid")->check(CLI::IsMember({"dot", "mermaid"}));
  on(graph, run_graph);

  CLI::App* show = add_verb(*verb, "show", "show one test and its text", "  testloom tests show 9f1c0a52");
  show->add_option("ID|CASE", options->wanted, "a test's id, the beginning of one, or its case")->required();
  on(show, run_show);

  CLI::App* render = add_verb(*verb, "render", "write the tests as files, with manifest.jsonl",
                              "  testloom tests render --out rendered --hardware cpu");
  render->add_option("--out,--output-dir", options->out, "a new or empty folder, or one rendered into before")
      ->required();
  filtered(render);
  on(render, run_render);

  setup_tests_repro(*verb, context);
}

}  // namespace testloom::cli
