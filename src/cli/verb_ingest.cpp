// `testloom ingest`: takes in what ran on other machines.
#include <fmt/format.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "cli/screen.h"
#include "cli/verbs.h"
#include "engine/ingest_paths.h"

namespace testloom::cli {

namespace {

void show(const IngestedPath& taken) {
  const auto count = [](int64_t number, std::string_view noun) {
    return counted(static_cast<uint64_t>(number), noun);
  };
  std::string line = fmt::format("{}: {}, {} of them new, with {} that the store did not have",
                                 one_line(taken.path.native(), 400), count(taken.runs, "run"), taken.new_runs,
                                 count(taken.new_outcomes, "outcome"));
  if (taken.lines_left_out > 0)
    line += fmt::format("; {} left out that are none", count(taken.lines_left_out, "line"));
  print_line(line);
}

int run_ingest(const Context& context, const std::vector<std::string>& words) {
  const std::vector<std::filesystem::path> paths(words.begin(), words.end());
  const auto store = context.open(OpenMode::write);
  Activity activity("taking in");
  const std::vector<IngestedPath> all = ingest_paths(*store, paths);
  activity.stop();
  for (const IngestedPath& taken : all) {
    if (!context.json) {
      show(taken);
      continue;
    }
    JsonWriter json;
    json.begin_object().member("path", taken.path.native()).member("runs", taken.runs);
    json.member("new_runs", taken.new_runs).member("new_outcomes", taken.new_outcomes);
    print_line(json.member("lines_left_out", taken.lines_left_out).end_object().text());
  }
  return 0;
}

}  // namespace

void setup_ingest(CLI::App& app, Context& context) {
  CLI::App* verb = add_verb(app, "ingest", "take in outcomes from journals or stores of other machines",
                            "  testloom ingest shard-1/testloom.duckdb.runs shard-2/testloom.duckdb.runs\n"
                            "  testloom ingest 20260131-235959123-9f1c.jsonl\n"
                            "  testloom ingest laptop.duckdb --json");
  const auto paths = std::make_shared<std::vector<std::string>>();
  verb->add_option("PATH", *paths,
                   "a journal, a folder of journals, or another store; all are taken in or none is")
      ->required();
  verb->callback(
      [&context, paths] { context.action = [&context, paths] { return run_ingest(context, *paths); }; });
}

}  // namespace testloom::cli
