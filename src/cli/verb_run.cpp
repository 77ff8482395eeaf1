// `testloom run`: runs a plan's tests on this machine and shows each outcome as it comes.
#include <fmt/format.h>
#include <boost/json.hpp>

#include "base/json_writer.h"
#include "base/text.h"
#include "catalog/names.h"
#include "cli/screen.h"
#include "cli/verbs.h"
#include "engine/local/python.h"
#include "engine/run.h"

namespace testloom::cli {

namespace {

struct RunOptions {
  std::optional<std::string> plan;
  std::optional<std::string> hardware;
  std::optional<std::string> python;
  std::optional<std::string> journal_dir;
  double timeout = 600;
  bool changed = false;
};

// "p50 5.2 ms, 190/s" from a result that has them.
std::string figures_of(const std::string& result_json) {
  boost::system::error_code error;
  const boost::json::value result = boost::json::parse(result_json, error);
  if (error || !result.is_object()) return "";
  std::string figures;
  const auto* latency = result.get_object().if_contains("latency_s");
  if (latency && latency->is_object()) {
    const auto* p50 = latency->get_object().if_contains("p50");
    if (p50 && p50->is_number()) figures += "p50 " + show_seconds(p50->to_number<double>());
  }
  const auto* throughput = result.get_object().if_contains("throughput_per_s");
  if (throughput && throughput->is_number())
    figures += fmt::format(", {:.4g}/s", throughput->to_number<double>());
  return figures;
}

void show_outcome(const PlannedTest& test, const Outcome& result) {
  std::string line = coloured(fmt::format("{:<8}", result.outcome), colour_of_outcome(result.outcome));
  line += "  " + one_line(test.case_name, 200);
  if (result.duration_s) line += "  " + show_seconds(*result.duration_s);
  if (result.peak_memory_bytes) line += "  " + show_bytes(static_cast<double>(*result.peak_memory_bytes));
  const std::string figures = result.result_json.empty() ? "" : figures_of(result.result_json);
  if (!figures.empty()) line += "  " + figures;
  if (!result.reason.empty()) line += "  (" + one_line(result.reason, 300) + ")";
  print_line(line);
  if (result.error_message.empty()) return;
  print_line(
      fmt::format("          {}: {}", one_line(result.error_type), one_line(result.error_message, 500)));
}

void show_running(const PlannedTest& test, const RunProgress& progress) {
  if (!errors_are_terminal()) return;
  fmt::print(stderr, "\r\x1b[K[{}/{}] {}", progress.done, progress.total, one_line(test.case_name, 60));
  std::fflush(stderr);
}

void clear_running() {
  if (errors_are_terminal()) fmt::print(stderr, "\r\x1b[K");
}

std::string counts_line(const RunSummary& summary) {
  std::vector<std::string> parts = {fmt::format("{} passed", summary.count(outcome::passed))};
  for (const auto& [word, count] : summary.outcomes) {
    if (word != outcome::passed) parts.push_back(fmt::format("{} {}", count, word));
  }
  return join(parts, ", ");
}

void print_summary_json(const RunSummary& summary) {
  JsonWriter json;
  json.begin_object()
      .member("run_id", summary.run_id)
      .member("duration_s", summary.duration_s)
      .key("outcomes")
      .begin_object();
  for (const auto& [word, count] : summary.outcomes) json.member(word, count);
  print_line(json.end_object().member("interrupted", summary.interrupted).end_object().text());
}

int run_run(const Context& context, const RunOptions& options) {
  go_on_without_reader();
  RunRequest request;
  request.store_path = context.store_path;
  request.wait_seconds = context.wait_seconds;
  request.plan = options.plan;
  std::vector<std::string> notes;
  if (options.hardware) request.hardware_types = parse_hardware_types(*options.hardware, notes);
  request.python = choose_python(options.python, context.program_folder);
  request.timeout_seconds = options.timeout;
  request.only_changed = options.changed;
  if (options.journal_dir) request.journal_dir = std::filesystem::absolute(*options.journal_dir);
  const RunSummary summary =
      run_plan(request, [&](const PlannedTest& test, const Outcome* result, const RunProgress& progress) {
        if (!result) {
          if (!context.json) show_running(test, progress);
          return;
        }
        if (context.json) {
          print_line(to_json_line(*result));
          return;
        }
        clear_running();
        show_outcome(test, *result);
      });
  print_notes(summary.notes);
  if (context.json) {
    print_summary_json(summary);
  } else {
    clear_running();
    print_line(fmt::format("{} in {}", counts_line(summary), show_seconds(summary.duration_s)));
  }
  if (summary.interrupted) return exit_code(ErrorKind::interrupted);
  return summary.has_failures() ? 1 : 0;
}

}  // namespace

void setup_run(CLI::App& app, Context& context) {
  CLI::App* verb =
      add_verb(app, "run", "run the tests of a plan on this machine",
               "  testloom run\n"
               "  testloom run --plan nightly --hardware cpu --timeout 120 --python .venv/bin/python");
  auto options = std::make_shared<RunOptions>();
  verb->add_option("--plan", options->plan, "a plan's name or number (default: the latest)");
  verb->add_option("--hardware,--hardware-types", options->hardware, "only these hardware types");
  verb->add_flag("--changed", options->changed,
                 "only tests whose definition is new or changed, or whose last outcome is no pass");
  verb->add_option("--journal-dir", options->journal_dir,
                   "where a run of a snapshot writes its journal (default: beside it)");
  verb->add_option("--timeout", options->timeout, "seconds that each test may take")
      ->check(seconds_check(false))
      ->capture_default_str();
  verb->add_option(
      "--python", options->python,
      "the interpreter (default: $VIRTUAL_ENV's, else the one beside the program, else python3)");
  verb->callback(
      [&context, options] { context.action = [&context, options] { return run_run(context, *options); }; });
}

}  // namespace testloom::cli
