// `testloom report`: what came out, as a page for people and in forms that other programs take.
#include <fmt/format.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "cli/left_journals.h"
#include "cli/report_html.h"
#include "cli/screen.h"
#include "cli/verbs.h"
#include "report/annotations.h"
#include "report/junit.h"
#include "report/markdown.h"
#include "report/parquet.h"

namespace testloom::cli {

namespace {

struct ReportOptions {
  std::vector<std::string> runs;
  std::optional<std::string> html, plan, junit, markdown, parquet, baseline;
  bool github = false;

  bool is_of_one_run() const { return junit || markdown || parquet || github; }
};

template <typename Write>
void stream_to(const std::string& path, const Write& write) {
  StreamedFile out(path);
  write(out);
  out.finish();
}

void check_options(const ReportOptions& options) {
  if (!options.html && !options.is_of_one_run())
    throw Error(ErrorKind::usage, "there is nothing to write",
                "name a form: --html FILE, --junit FILE, --markdown FILE, --github or --parquet DIR");
  if (options.baseline && !options.markdown)
    throw Error(ErrorKind::usage, "--baseline is for --markdown", "`testloom compare` shows what changed");
  if (options.plan && !options.html)
    throw Error(ErrorKind::usage, "--plan is for --html", "--run chooses the run of the other forms");
  if (options.is_of_one_run() && options.runs.size() > 1)
    throw Error(ErrorKind::usage, "only --html takes several runs", "name one with --run");
}

void write_one_run(Connection& connection, const ReportOptions& options, const StoredRun& run) {
  if (options.junit) stream_to(*options.junit, [&](StreamedFile& out) { write_junit(connection, run, out); });
  if (options.parquet) write_parquet(connection, run, *options.parquet);
  if (options.github) stream_to("-", [&](StreamedFile& out) { write_annotations(connection, run, out); });
  if (!options.markdown) return;
  std::optional<Comparison> comparison;
  if (options.baseline) {
    const StoredRun before = find_run(connection, find_baseline(connection, *options.baseline).name);
    comparison = compare_runs(connection, before, run, {});
  }
  stream_to(*options.markdown, [&](StreamedFile& out) {
    write_markdown(connection, run, comparison ? &*comparison : nullptr, out);
  });
}

HtmlWritten write_html(Store& store, const ReportOptions& options) {
  ReportRequest request;
  for (const std::string& run : options.runs)
    request.runs.push_back(find_run(store.connection(), run).run_id);
  request.plan = options.plan;
  Activity activity("reading outcomes");
  return write_html_report(store, request, *options.html);
}

// Where what was written lies, as far as that is files.
void print_written(const ReportOptions& options, const std::optional<StoredRun>& run,
                   const std::optional<HtmlWritten>& html) {
  JsonWriter json;
  json.begin_object();
  if (run) json.member("run_id", run->run_id);
  for (const auto& [name, path] :
       {std::pair{"junit", &options.junit}, {"markdown", &options.markdown}, {"parquet", &options.parquet}}) {
    if (*path && **path != "-") json.member(name, **path);
  }
  if (html) {
    json.member("html", *options.html).member("tests", html->tests).member("runs", html->runs);
    json.member("bytes", html->bytes);
  }
  print_line(json.end_object().text());
}

int run_report(const Context& context, const ReportOptions& options) {
  check_options(options);
  const auto store = context.open(OpenMode::read);
  note_left_journals(*store);
  std::optional<StoredRun> run;
  std::optional<HtmlWritten> html;
  if (options.is_of_one_run()) {
    run = find_run(store->connection(), options.runs.empty() ? "latest" : options.runs.front());
    write_one_run(store->connection(), options, *run);
  }
  if (options.html) html = write_html(*store, options);
  if (context.json) {
    print_written(options, run, html);
  } else if (html && !options.github) {  // whose annotations are on standard output
    print_line(fmt::format("wrote {}: {} of {}, {:.1f} MB", quote(*options.html),
                           counted(static_cast<uint64_t>(html->tests), "test"),
                           counted(static_cast<uint64_t>(html->runs), "run"),
                           static_cast<double>(html->bytes) / 1e6));
  }
  return 0;
}

}  // namespace

void setup_report(CLI::App& app, Context& context) {
  CLI::App* verb = add_verb(app, "report", "write what came out, for people, other programs and CI",
                            "  testloom report --html report.html\n"
                            "  testloom report --html two.html --run 20260131-2359 --run 20260201-0003\n"
                            "  testloom report --junit junit.xml\n"
                            "  testloom report --markdown - --baseline release >> \"$GITHUB_STEP_SUMMARY\"\n"
                            "  testloom report --github --parquet out --run 20260131-2359");
  auto options = std::make_shared<ReportOptions>();
  verb->add_option("--html", options->html, "a page into this file; it needs nothing else and no network");
  add_repeatable(
      *verb, "--run", options->runs,
      "an id or its beginning, latest, previous, or a baseline (default: the latest; for --html all "
      "runs, the latest result of each case); --html takes several");
  verb->add_option("--plan", options->plan, "only runs of plans of this name or number, in --html");
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
