// `testloom store verify`: whether the store holds together.
#include <fmt/format.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "cli/screen.h"
#include "cli/verbs.h"
#include "plan/verify.h"

namespace testloom::cli {

namespace {

// Counts are there for a store that is whole.
void print_json(const std::optional<StoreCounts>& counts, const std::vector<Finding>& findings) {
  JsonWriter json;
  json.begin_object().member("whole", counts.has_value());
  const auto add = [&](std::string_view name, int64_t StoreCounts::*count) {
    json.key(name);
    counts ? json.value((*counts).*count) : json.null();
  };
  add("plans", &StoreCounts::plans);
  add("tests", &StoreCounts::tests);
  add("templates", &StoreCounts::templates);
  add("runs", &StoreCounts::runs);
  add("outcomes", &StoreCounts::outcomes);
  json.key("findings").begin_array();
  for (const Finding& finding : findings) {
    json.begin_object().member("table", finding.table).member("what", finding.what);
    json.member("count", finding.count).member("example", finding.example).member("hint", finding.hint);
    json.end_object();
  }
  print_line(json.end_array().end_object().text());
}

std::string shown(const StoreCounts& counts) {
  const auto count = [](int64_t number, std::string_view noun) {
    return counted(static_cast<uint64_t>(number), noun);
  };
  return fmt::format("{}, {}, {}, {}, {}", count(counts.plans, "plan"), count(counts.tests, "test"),
                     count(counts.templates, "template"), count(counts.runs, "run"),
                     count(counts.outcomes, "outcome"));
}

int run_verify(const Context& context) {
  const auto store = context.open(OpenMode::read);
  Activity activity("verifying");
  const std::vector<Finding> findings = verify_store(store->connection());
  std::optional<StoreCounts> counts;
  if (findings.empty()) counts = count_store(store->connection());
  activity.stop();
  if (context.json) {
    print_json(counts, findings);
  } else if (counts) {
    print_line("the store is whole: " + shown(*counts));
  }
  for (const Finding& finding : findings) {
    if (context.json) break;
    print_line(fmt::format("{}: {} ({}, such as {}): {}", finding.table, finding.what, finding.count,
                           one_line(finding.example, 300), finding.hint));
  }
  return findings.empty() ? 0 : exit_code(ErrorKind::store);
}

}  // namespace

void setup_store(CLI::App& app, Context& context) {
  CLI::App* verb = add_verb(app, "store", "look after the store's file", "  testloom store verify");
  verb->require_subcommand(1);
  CLI::App* verify = add_verb(*verb, "verify", "check that the store holds together, and say what does not",
                              "  testloom store verify --store nightly.duckdb --json");
  verify->callback([&context] { context.action = [&context] { return run_verify(context); }; });
}

}  // namespace testloom::cli
