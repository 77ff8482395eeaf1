// `testloom report`: what came out, as a file for people or programs.
#include <fmt/format.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "cli/report_html.h"
#include "cli/screen.h"
#include "cli/verbs.h"

namespace testloom::cli {

namespace {

struct ReportOptions {
  std::string html;
  ReportRequest request;
};

int run_report(const Context& context, const ReportOptions& options) {
  const auto store = context.open(OpenMode::read);
  Activity activity("reading outcomes");
  const HtmlWritten written = write_html_report(*store, options.request, options.html);
  activity.stop();
  if (context.json) {
    JsonWriter json;
    json.begin_object()
        .member("html", options.html)
        .member("tests", written.tests)
        .member("runs", written.runs);
    print_line(json.member("bytes", written.bytes).end_object().text());
  } else {
    print_line(fmt::format("wrote {}: {} of {}, {:.1f} MB", quote(options.html),
                           counted(static_cast<uint64_t>(written.tests), "test"),
                           counted(static_cast<uint64_t>(written.runs), "run"),
                           static_cast<double>(written.bytes) / 1e6));
  }
  return 0;
}

}  // namespace

void setup_report(CLI::App& app, Context& context) {
  CLI::App* verb = add_verb(app, "report", "write what came out as one HTML file",
                            "  testloom report --html report.html\n"
                            "  testloom report --html nightly.html --plan nightly\n"
                            "  testloom report --html two.html --run 20260131-2359 --run 20260201-0003");
  auto options = std::make_shared<ReportOptions>();
  verb->add_option("--html", options->html, "the file to write; it needs nothing else and no network")
      ->required();
  add_repeatable(
      *verb, "--run", options->request.runs,
      "a run's id or its beginning; may be repeated (default: all runs, the latest result of each case)");
  verb->add_option("--plan", options->request.plan, "only runs of plans of this name or number");
  verb->callback([&context, options] {
    context.action = [&context, options] { return run_report(context, *options); };
  });
}

}  // namespace testloom::cli
