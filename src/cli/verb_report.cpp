// `testloom report`: a run's outcomes in forms that other programs take.
#include <fmt/format.h>

#include "base/json_writer.h"
#include "cli/left_journals.h"
#include "cli/screen.h"
#include "cli/verbs.h"
#include "report/annotations.h"
#include "report/junit.h"
#include "report/markdown.h"
#include "report/parquet.h"

namespace testloom::cli {

namespace {

struct ReportOptions {
  std::string run = "latest";
  std::optional<std::string> junit, markdown, parquet, baseline;
  bool github = false;
};

template <typename Write>
void stream_to(const std::string& path, const Write& write) {
  StreamedFile out(path);
  write(out);
  out.finish();
}

// With --json: where what was written lies, as far as that is files.
void print_written(const ReportOptions& options, const StoredRun& run) {
  JsonWriter json;
  json.begin_object().member("run_id", run.run_id);
  for (const auto& [name, path] :
       {std::pair{"junit", &options.junit}, {"markdown", &options.markdown}, {"parquet", &options.parquet}}) {
    if (*path && **path != "-") json.member(name, **path);
  }
  print_line(json.end_object().text());
}

int run_report(const Context& context, const ReportOptions& options) {
  if (!options.junit && !options.markdown && !options.parquet && !options.github)
    throw Error(ErrorKind::usage, "there is nothing to write",
                "name a form: --junit FILE, --markdown FILE, --github or --parquet DIR");
  if (options.baseline && !options.markdown)
    throw Error(ErrorKind::usage, "--baseline is for --markdown", "`testloom compare` shows what changed");
  const auto store = context.open(OpenMode::read);
  note_left_journals(*store);
  Connection& connection = store->connection();
  const StoredRun run = find_run(connection, options.run);
  if (options.junit) stream_to(*options.junit, [&](StreamedFile& out) { write_junit(connection, run, out); });
  if (options.parquet) write_parquet(connection, run, *options.parquet);
  if (options.github) stream_to("-", [&](StreamedFile& out) { write_annotations(connection, run, out); });
  if (options.markdown) {
    std::optional<Comparison> comparison;
    if (options.baseline) {
      const StoredRun before = find_run(connection, find_baseline(connection, *options.baseline).name);
      comparison = compare_runs(connection, before, run, {});
    }
    stream_to(*options.markdown, [&](StreamedFile& out) {
      write_markdown(connection, run, comparison ? &*comparison : nullptr, out);
    });
  }
  if (context.json) print_written(options, run);
  return 0;
}

}  // namespace

void setup_report(CLI::App& app, Context& context) {
  CLI::App* verb = add_verb(app, "report", "write a run's outcomes for other programs and CI",
                            "  testloom report --junit junit.xml\n"
                            "  testloom report --markdown - --baseline release >> \"$GITHUB_STEP_SUMMARY\"\n"
                            "  testloom report --github --parquet out --run 20260131-2359");
  auto options = std::make_shared<ReportOptions>();
  verb->add_option("--run", options->run, "an id or its beginning, latest, previous, or a baseline")
      ->capture_default_str();
  verb->add_option("--junit", options->junit, "JUnit's XML into this file; - for standard output");
  verb->add_option("--markdown", options->markdown,
                   "a summary in Markdown into this file; - for standard output");
  verb->add_option("--baseline", options->baseline, "what changed since this baseline, in the summary");
  verb->add_flag("--github", options->github,
                 "failures as annotations of GitHub's workflows, to standard output");
  verb->add_option("--parquet", options->parquet, "outcomes.parquet and runs.parquet into this folder");
  verb->callback([&context, options] {
    context.action = [&context, options] { return run_report(context, *options); };
  });
}

}  // namespace testloom::cli
