#include "engine/run.h"

#include <unistd.h>

#include <memory>
#include <unordered_map>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/embedded.h"
#include "base/files.h"
#include "base/text.h"
#include "engine/journal.h"
#include "engine/local/attempt.h"
#include "engine/local/process.h"
#include "engine/local/python.h"
#include "engine/plan_schedule.h"
#include "engine/test_outcome.h"
#include "plan/planner.h"

namespace testloom {

namespace fs = std::filesystem;

namespace {

constexpr double kIngestEverySeconds = 2;

struct Work {
  int64_t plan_id = 0;
  std::vector<PlannedTest> tests;
  int64_t not_python = 0;  // rendered, not run
  int64_t as_before = 0;   // passed in this definition
  TestRenderer renderer;
};

std::unique_ptr<Work> read_work(const RunRequest& request) {
  const auto store =
      open_store(request.store_path, OpenMode::run, request.wait_seconds);  // as it is needed at the end
  if (request.journal_dir && !store->is_snapshot()) {
    throw Error(ErrorKind::usage, "--journal-dir is for runs of a snapshot",
                "the journals of other runs stand beside the store, which takes them in");
  }
  auto work = std::make_unique<Work>();
  work->plan_id = latest_plan(store->connection(), request.plan);
  const TestFilter filter{work->plan_id, request.hardware_types, std::nullopt, std::nullopt};
  for_each_test(store->connection(), filter, [&](const PlannedTest& test) {
    if (request.only_changed && test.last_outcome == "passed") {
      ++work->as_before;
    } else if (test.output_kind == name_of(OutputKind::python)) {
      work->tests.push_back(test);
    } else {
      ++work->not_python;
    }
  });
  for (const PlannedTest& test : work->tests) work->renderer.load(store->connection(), test);
  if (work->tests.empty() && work->not_python > 0) {
    throw Error(ErrorKind::usage,
                fmt::format("plan {} has no test that can be run: their output is not Python", work->plan_id),
                "`testloom tests render` writes them as files");
  }
  if (work->tests.empty() && work->as_before > 0) return work;
  if (work->tests.empty()) {
    throw Error(ErrorKind::usage,
                fmt::format("plan {} has no test on {}", work->plan_id, join(request.hardware_types, ", ")),
                "`testloom tests list` shows what it has");
  }
  return work;
}

// A folder beside the journal for the run's files, removed at the end.
class RunFolder {
 public:
  explicit RunFolder(const fs::path& journal) : path_(work_folder_of(journal)) {
    std::error_code error;
    fs::create_directories(path_, error);
    for (const embedded::File& file : embedded::python())
      write_file(path_ / file.name, file.text, ErrorKind::engine);
  }
  ~RunFolder() {
    std::error_code error;
    fs::remove_all(path_, error);
  }
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

class LocalRun {
 public:
  LocalRun(const RunRequest& request, std::unique_ptr<Work> work, const WatchRun& watch)
      : request_(request),
        watch_(watch),
        work_(std::move(work)),
        python_(probe_python(request.python)),
        info_{new_run_id(), work_->plan_id, utc_now_microseconds(), "local", python_.executable,
              host(),       python_.json},
        journal_(JournalPlace{request.journal_dir.value_or(journal_folder(request.store_path))}, info_),
        folder_(journal_.path()),
        schedule_(schedule_of(work_->tests)) {
    summary_.run_id = info_.run_id;
    if (work_->not_python > 0) {
      summary_.notes.push_back(fmt::format(
          "{} not run, since the output is not Python; `testloom tests render` writes such tests as files",
          counted(static_cast<uint64_t>(work_->not_python), "test")));
    }
  }

  RunSummary run() {
    catch_interrupts();
    const double begin = monotonic_seconds();
    last_ingest_ = begin;
    while (const std::optional<size_t> next = schedule_.next()) {
      if (interrupt_requested()) break;
      run_one(*next);
      if (monotonic_seconds() - last_ingest_ > kIngestEverySeconds) ingest(0);
    }
    summary_.interrupted = interrupt_requested();
    summary_.duration_s = monotonic_seconds() - begin;
    journal_.finish();
    return summary_;
  }

  // With the journal's lock given up, so that it can be marked.
  static void settle(const RunRequest& request, RunSummary& summary) {
    try {
      const auto store = open_store(request.store_path, OpenMode::run, request.wait_seconds);
      ingest_pending(*store, summary.notes);
    } catch (const Error& error) {
      summary.notes.push_back(fmt::format("the outcomes are in {}, not in the store yet: {}",
                                          quote(journal_folder(request.store_path).native(), 400),
                                          error.message()));
    }
  }

 private:
  static std::string host() {
    char name[256] = {};
    ::gethostname(name, sizeof name - 1);
    return name;
  }

  void run_one(size_t index) {
    const PlannedTest& test = work_->tests[index];
    watch_(test, nullptr, progress());
    const Outcome result = python_.devices.contains(test.hardware_type) ? attempt(test) : absent(test);
    report(test, result);
    if (result.outcome == outcome::passed) {
      schedule_.passed(index);
    } else if (result.outcome != outcome::interrupted) {
      skip_dependents(index, result);
    }
  }

  // A text that cannot be rendered for this test's values is this test's error, and no other's.
  Outcome attempt(const PlannedTest& test) {
    const fs::path folder = folder_.path() / std::to_string(summary_done_);
    std::string content;
    try {
      content = work_->renderer.render(test);
    } catch (const Error& error) {
      Outcome result = not_run(test, outcome::error, "the template cannot be rendered for this test");
      result.error_type = "TemplateError";
      result.error_message = error.what();
      return result;
    }
    return attempt_test(test, content,
                        {request_.python, folder_.path() / "runner.py", folder, request_.timeout_seconds});
  }

  Outcome absent(const PlannedTest& test) const {
    const bool no_torch = python_.torch.empty();
    return not_run(
        test, outcome::skipped,
        fmt::format("no {} device here{}", test.hardware_type, no_torch ? " (torch is not installed)" : ""));
  }

  static std::string how_it_ended(std::string_view word) {
    if (word == outcome::oom) return "ran out of memory";
    if (word == outcome::error) return "ended with an error";
    if (word == outcome::timeout) return "ran into its time limit";
    return std::string(word);
  }

  void skip_dependents(size_t index, const Outcome& cause) {
    const bool memory = cause.outcome == outcome::oom;
    for (const size_t lost : schedule_.not_passed(index)) {
      const PlannedTest& test = work_->tests[lost];
      const std::string reason = cause.outcome == outcome::skipped
                                     ? cause.reason
                                     : fmt::format("{} {}", cause.case_name, how_it_ended(cause.outcome));
      report(test, not_run(test, memory ? outcome::implied_oom : outcome::skipped, reason));
    }
  }

  void report(const PlannedTest& test, const Outcome& result) {
    journal_.append(result);
    ++summary_.outcomes[result.outcome];
    ++summary_done_;
    watch_(test, &result, progress());
  }

  RunProgress progress() const { return {summary_done_, work_->tests.size()}; }

  // Between two tests; somebody else's short hold of the store only puts it off.
  void ingest(double wait_seconds) {
    last_ingest_ = monotonic_seconds();
    try {
      const auto store = open_store(request_.store_path, OpenMode::run, wait_seconds);
      ingest_journal(*store, journal_.path());
    } catch (const Error&) {
      return;
    }
  }

  const RunRequest& request_;
  const WatchRun& watch_;
  std::unique_ptr<Work> work_;
  PythonInfo python_;
  RunInfo info_;
  Journal journal_;
  RunFolder folder_;
  Schedule schedule_;
  RunSummary summary_;
  size_t summary_done_ = 0;
  double last_ingest_ = 0;
};

}  // namespace

int64_t RunSummary::count(std::string_view word) const {
  const auto found = outcomes.find(std::string(word));
  return found == outcomes.end() ? 0 : found->second;
}

bool RunSummary::has_failures() const {
  for (const auto& [word, count] : outcomes) {
    if (is_failure(word) && count > 0) return true;
  }
  return false;
}

RunSummary run_plan(const RunRequest& given, const WatchRun& watch) {
  RunRequest request = given;
  request.store_path = fs::weakly_canonical(fs::absolute(given.store_path));
  RunSummary summary;
  try {
    std::unique_ptr<Work> work = read_work(request);
    if (work->tests.empty()) {
      summary.notes.push_back("every test passed already in its present definition: nothing to run");
    } else {
      LocalRun run(request, std::move(work), watch);
      summary = run.run();
    }
  } catch (const Error&) {
    LocalRun::settle(request, summary);  // what was reported before is kept
    throw;
  }
  LocalRun::settle(request, summary);
  return summary;
}

}  // namespace testloom
