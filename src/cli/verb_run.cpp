// `testloom run`: runs a plan's tests on this machine and shows each outcome as it comes.
#include <fmt/format.h>

#include "base/text.h"
#include "base/units.h"
#include "catalog/names.h"
#include "cli/run_shown.h"
#include "cli/screen.h"
#include "cli/verbs.h"
#include "engine/expectations.h"
#include "engine/local/python.h"
#include "engine/run.h"

namespace testloom::cli {

namespace {

struct RunOptions {
  std::optional<std::string> plan, hardware, python, where, shard, spec, memory, timeout, journal_dir;
  std::optional<int> jobs, retries;
  int repeat = 1;
  bool changed = false, failed = false, resume = false, fail_fast = false, dry_run = false, no_deps = false;
  bool find_max_batch = false, overcommit = false, require_hardware = false, strict = false, fresh = false,
       json_lines = false;
};

// The spec whose sections say how tests are run and hardware is used; nothing where there is none.
std::optional<PlanSpec> spec_of(const RunOptions& options) {
  if (options.spec) return read_spec(*options.spec);
  std::error_code error;
  if (std::filesystem::exists("testloom.toml", error)) return read_spec("testloom.toml");
  return std::nullopt;
}

Selection selection_of(const RunOptions& options, std::vector<std::string>& notes) {
  Selection selection;
  selection.plan = options.plan;
  if (options.hardware) selection.hardware_types = parse_hardware_types(*options.hardware, notes);
  selection.where = options.where.value_or("");
  selection.only_changed = options.changed;
  selection.only_failed = options.failed;
  selection.without_dependencies = options.no_deps;
  if (options.shard) selection.shard = shard_of(*options.shard);
  selection.repeat = options.repeat;
  selection.find_max_batch = options.find_max_batch;
  return selection;
}

void expect(RunRequest& request, Expectations expected) {
  if (expected.rows().empty()) return;
  const auto today =
      std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()));
  request.judge = [expected = std::make_shared<Expectations>(std::move(expected)), today](Outcome& outcome) {
    expected->judge(outcome, today);
  };
}

// What flags do not say, [run] says.
void take_limits(const RunOptions& options, const RunSection& section, RunRequest& request) {
  request.jobs = options.jobs.value_or(section.jobs.value_or(request.jobs));
  request.retries = options.retries.value_or(section.retries.value_or(request.retries));
  request.memory_bytes =
      options.memory ? bytes_of(*options.memory) : section.memory_bytes.value_or(request.memory_bytes);
  request.timeout_seconds = options.timeout ? seconds_of(*options.timeout)
                                            : section.timeout_seconds.value_or(request.timeout_seconds);
  request.fetch_jobs = section.fetch_jobs.value_or(request.fetch_jobs);
  request.cache_bytes = section.cache_bytes;
  request.control_groups = section.control_groups.value_or(request.control_groups);
}

RunRequest request_of(const Context& context, const RunOptions& options, std::vector<std::string>& notes) {
  RunRequest request;
  request.store_path = context.store_path;
  request.wait_seconds = context.wait_seconds;
  request.selection = selection_of(options, notes);
  request.resume = options.resume;
  request.python = choose_python(options.python, context.program_folder);
  request.fail_fast = options.fail_fast;
  request.overcommit = options.overcommit;
  request.all_fresh = options.fresh;
  if (options.journal_dir) request.journal_dir = std::filesystem::absolute(*options.journal_dir);
  std::optional<PlanSpec> spec = spec_of(options);
  take_limits(options, spec ? spec->run : RunSection(), request);
  if (!spec) return request;
  request.hardware = std::move(spec->hardware);
  expect(request, read_expectations(spec->expectations));
  return request;
}

int exit_code_of(const RunSummary& summary, const RunOptions& options) {
  if (summary.interrupted) return exit_code(ErrorKind::interrupted);
  const bool is_lax = !options.strict || (summary.flaky == 0 && summary.count(outcome::skipped) == 0 &&
                                          summary.count(outcome::known_failure) == 0 &&
                                          summary.count(outcome::implied_oom) == 0);
  const bool has_hardware = !options.require_hardware || summary.absent == 0;
  return summary.has_failures() || !is_lax || !has_hardware ? 1 : 0;
}

int run_run(const Context& context, const RunOptions& options) {
  go_on_without_reader();
  std::vector<std::string> notes;
  const RunRequest request = request_of(context, options, notes);
  print_notes(notes);
  if (options.dry_run) {
    show_dry_run(dry_run(request), context.json || options.json_lines);
    return 0;
  }
  RunShown shown(options.json_lines ? RunForm::json_lines : context.json ? RunForm::json : RunForm::lines);
  const RunSummary summary =
      run_plan(request, [&](const PlannedTest* test, const Outcome* outcome, const RunProgress& progress) {
        shown.show(test, outcome, progress);
      });
  shown.finish(summary);
  return exit_code_of(summary, options);
}

void add_selection(CLI::App& verb, RunOptions& options) {
  verb.add_option("--plan", options.plan, "a plan's name or number (default: the latest)");
  verb.add_option("--hardware,--hardware-types", options.hardware, "only these hardware types");
  verb.add_option("--where", options.where, "only tests for which this condition holds (docs/plans.md)");
  verb.add_flag("--changed", options.changed,
                "only tests whose definition is new or changed, or whose last outcome is no pass");
  verb.add_flag("--failed", options.failed, "only tests whose last outcome is a failure");
  verb.add_option("--shard", options.shard, "I/N: the I-th of N parts, by model, so that chains stay whole");
  verb.add_flag("--no-deps", options.no_deps,
                "do not add what selected tests depend on where it was not selected and never ran");
  CLI::Option* resume = verb.add_flag("--resume", options.resume,
                                      "go on with the plan's latest run, which was killed or interrupted");
  for (const char* other : {"--hardware", "--where", "--changed", "--failed", "--shard", "--no-deps"})
    resume->excludes(verb.get_option(other));
}

void add_limits(CLI::App& verb, RunOptions& options) {
  verb.add_option("--jobs,-j", options.jobs, "tests at once (default: as many as there are cores)")
      ->check(CLI::Range(1, 4096));
  verb.add_option("--memory", options.memory,
                  "what all tests together may take, such as 24GB or 16GiB (default: what is free)")
      ->check(size_check());
  verb.add_option("--timeout", options.timeout,
                  "what each test may take: 90 (seconds), 10m, 2h (default: 600)")
      ->check(time_check());
  verb.add_option("--retries", options.retries,
                  "attempts more at a test that fails; one that passes then is flaky")
      ->check(CLI::Range(0, 100));
  CLI::Option* repeat =
      verb.add_option("--repeat", options.repeat, "run each test so many times, for `compare`")
          ->check(CLI::Range(1, 10000));
  verb.get_option("--resume")->excludes(repeat);
  CLI::Option* find_max_batch =
      verb.add_flag("--find-max-batch", options.find_max_batch,
                    "where a batch size runs out of memory, look for the largest that does not");
  verb.get_option("--resume")->excludes(find_max_batch);
  verb.add_flag("--overcommit", options.overcommit,
                "run what is predicted never to fit too, by itself, instead of skipping it");
  verb.add_flag("--fresh", options.fresh, "start each test in an interpreter of its own, fork none");
}

}  // namespace

void setup_run(CLI::App& app, Context& context) {
  CLI::App* verb =
      add_verb(app, "run", "run the tests of a plan on this machine",
               "  testloom run\n"
               "  testloom run --plan nightly --hardware cpu --timeout 2m --python .venv/bin/python\n"
               "  testloom run --failed --retries 1\n"
               "  testloom run --where \"batch_size <= 4\" --jobs 4 --memory 16GB");
  auto options = std::make_shared<RunOptions>();
  add_selection(*verb, *options);
  add_limits(*verb, *options);
  verb->add_option(
      "--python", options->python,
      "the interpreter (default: $VIRTUAL_ENV's, else the one beside the program, else python3)");
  verb->add_option(
      "--spec", options->spec,
      "a spec whose [run], [hardware.NAME] and expectations hold (default: testloom.toml, if it is there)");
  verb->add_option("--journal-dir", options->journal_dir,
                   "where a run of a snapshot writes its journal (default: beside it)");
  verb->add_flag("--fail-fast", options->fail_fast, "start nothing more after a failure");
  verb->add_flag("--require-hardware", options->require_hardware,
                 "exit with 1 where tests lack their hardware");
  verb->add_flag("--strict", options->strict, "exit with 1 for flaky, skipped and known failing tests too");
  verb->add_flag("--json-lines", options->json_lines, "print an object for each finished test");
  verb->add_flag("--dry-run", options->dry_run, "show what would run, in its order, and start nothing");
  verb->callback([&context, options] {
    context.is_guarded = !options->dry_run;
    context.action = [&context, options] { return run_run(context, *options); };
  });
}

}  // namespace testloom::cli
