#include "engine/local/local_run.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/embedded.h"
#include "base/files.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "engine/local/process.h"
#include "engine/local/template_lines.h"
#include "engine/plan_schedule.h"
#include "engine/test_outcome.h"

namespace testloom {

namespace fs = std::filesystem;

namespace {

constexpr double kIngestEverySeconds = 2;
constexpr double kIngestAtLeastSeconds = 30;  // also while a test has the machine for itself
constexpr double kTickSeconds = 0.5;

// What the run was asked to do: its selection, limits, and how each hardware type is used.
std::string settings_json(const RunRequest& request, const Selection& selection, const Machine& machine) {
  JsonWriter more;
  more.key("timeout_s").value(request.timeout_seconds);
  more.member("jobs", machine.room.jobs).member("memory_bytes", machine.room.memory_bytes);
  more.member("retries", request.retries).key("hardware").begin_object();
  for (const auto& [name, use] : machine.uses) {
    more.key(name).begin_object().member("device", use.device).member("python", use.python);
    more.member("launch", use.launch).member("visible", use.visible).key("env").begin_object();
    for (const auto& [variable, value] : use.environment) more.member(variable, value);
    more.end_object().end_object();
  }
  const std::string selected = selection_json(selection);
  return selected.substr(0, selected.size() - 1) + ", " + more.end_object().take() + "}";
}

Secrets secrets_of(const Machine& machine) {
  Secrets secrets = Secrets::of_environment();
  for (const auto& [hardware_type, use] : machine.uses) {
    for (const auto& [name, value] : use.environment) secrets.add(name, value);
    secrets.add_assigned(use.launch);
  }
  return secrets;
}

RunInfo info_of(const RunRequest& request, const Selection& selection, const std::string& resumed,
                const RunWork& work, const Machine& machine, const Secrets& secrets) {
  RunInfo info;
  info.run_id = resumed.empty() ? new_run_id() : resumed;
  info.is_resumed = !resumed.empty();
  info.plan_id = work.plan_id;
  info.started_at_us = utc_now_microseconds();
  info.engine = "local";
  info.python = machine.pythons.at(request.python).executable;
  info.host = machine.host.name;
  info.environment_json = environment_json(machine, request.python);
  info.settings_json = settings_json(request, selection, machine);
  secrets.hide_json(info.environment_json);
  secrets.hide_json(info.settings_json);
  return info;
}

// Folders beside the journal, named like it; the one for work has the programs that other interpreters run.
RunFolders make_folders(const fs::path& journal) {
  RunFolders folders;
  folders.journals = journal.parent_path();
  folders.work = work_folder_of(journal);
  folders.output = fs::path(journal).replace_extension(".output");
  folders.artifacts = fs::path(journal).replace_extension(".artifacts");
  std::error_code error;
  for (const fs::path& folder : {folders.work, folders.output, folders.artifacts}) {
    fs::create_directories(folder, error);
    if (error) throw_file_error(ErrorKind::engine, "make", folder, error.value());
  }
  for (const embedded::File& file : embedded::python())
    write_file(folders.work / file.name, file.text, ErrorKind::engine);
  return folders;
}

void remove_folders(const RunFolders& folders) {
  std::error_code error;
  fs::remove_all(folders.work, error);
  fs::remove(folders.output, error);  // where it is empty
  for (const auto& entry : fs::directory_iterator(folders.artifacts, error)) fs::remove(entry.path(), error);
  fs::remove(folders.artifacts, error);
}

// With limits where the user set one, not where the budget is what happened to be free.
std::unique_ptr<RunGroups> groups_of(const RunRequest& request, const fs::path& journal) {
  if (!request.control_groups) return nullptr;
  return RunGroups::make(group_place(), journal.stem().native(), request.memory_bytes);
}

}  // namespace

LocalRun::LocalRun(const RunRequest& request, const Selection& selection, const std::string& resumed,
                   std::unique_ptr<RunWork> work, BatchSearches& searches, const Machine& machine,
                   const WatchRun& watch)
    : request_(request),
      watch_(watch),
      machine_(machine),
      work_(std::move(work)),
      searches_(searches),
      secrets_(secrets_of(machine)),
      journal_(JournalPlace{request.journal_dir.value_or(journal_folder(request.store_path))},
               info_of(request, selection, resumed, *work_, machine, secrets_)),
      folders_(make_folders(journal_.path())),
      admission_(machine.room, machine.slots, machine.absent, request.overcommit || selection.find_max_batch),
      claims_(work_->renderer, machine.room),
      fetches_(hub_models(*work_, machine, [this](const PlannedTest& test) { return may_ever_run(test); }),
               folders_.work / "fetch.py", request.fetch_jobs, request.cache_bytes, work_->tests.size()),
      schedule_(schedule_of(work_->tests, fetches_.waiting())),
      starts_(folders_, work_->renderer, machine.uses, work_->tests),
      supervisor_(folders_.work, machine.room.memory_bytes, groups_of(request, journal_.path())),
      health_(admission_, machine.uses, supervisor_),
      repeat_(selection.repeat),
      states_(work_->tests.size()),
      planned_(searches_.planned(states_.size())) {
  for (size_t i = 0; i < states_.size(); ++i) begin_at(i);
  for (const auto& [id, earlier] : work_->earlier) starts_.remember(id, earlier);
  for (const size_t probe : searches_.waiting()) schedule_.hold(probe);
}

void LocalRun::begin_at(size_t test) {
  states_[test] = State();
  states_[test].repetition = work_->starts[test].repetition;
  states_[test].attempt = work_->starts[test].attempt;
}

LocalRun::~LocalRun() { remove_folders(folders_); }

void LocalRun::run(RunSummary& summary) {
  summary_ = &summary;
  summary.run_id = journal_.path().stem().native();
  catch_interrupts();
  began_ = last_ingest_ = last_tick_ = monotonic_seconds();
  while (!is_over()) {
    fill();
    if (is_over()) break;
    for (AttemptEnd& end : supervisor_.wait(kTickSeconds)) take_end(end);
    for (const CommandEnd& end : supervisor_.take_command_ends()) {
      if (!fetches_.take_end(end, schedule_)) health_.take_end(end, next_id_, summary.notes);
    }
    for (std::string& note : supervisor_.take_notes()) summary.notes.push_back(std::move(note));
    if (interrupt_count() > interrupts_seen_) {
      interrupts_seen_ = interrupt_count();
      supervisor_.interrupt(interrupts_seen_ > 1);
    }
    ingest_if_due();
    if (monotonic_seconds() - last_tick_ < kTickSeconds) continue;
    last_tick_ = monotonic_seconds();
    watch_(nullptr, nullptr, progress());
  }
  for (const std::string& note : fetches_.notes()) summary.notes.push_back(note);
  for (std::string& note : summary.notes) secrets_.hide(note);
  summary.interrupted = interrupts_seen_ > 0;
  summary.duration_s = monotonic_seconds() - began_;
  if (!summary.interrupted && !summary.failed_fast) journal_.finish();
}

bool LocalRun::may_start() const {
  return interrupts_seen_ == 0 && interrupt_count() == 0 && !summary_->failed_fast;
}

bool LocalRun::is_over() const {
  if (supervisor_.running() > 0) return false;
  return !may_start() || (!schedule_.peek() && health_.is_idle() && fetches_.is_idle());
}

bool LocalRun::may_ever_run(const PlannedTest& test) const {
  return !blocked_by_earlier(test, *work_) && !admission_.never(claims_.of(test));
}

bool LocalRun::has_exclusive() const {
  return std::ranges::any_of(running_, [](const auto& each) { return each.second.claim.exclusive; });
}

// What has the machine for itself has it without fetches too: none is started, and those that run stand
// still.
void LocalRun::fill() {
  std::vector<bool> closed = fetches_.closed_to_tests(schedule_);
  while (may_start() && start_next(closed)) {
  }
  while (may_start() && !has_exclusive() &&
         fetches_.start_next(schedule_, supervisor_, next_id_, !running_.empty()))
    ++next_id_;
}

// False where the next test has to wait for what the host has; one that waits for a slot lets those of other
// hardware go first.
bool LocalRun::start_next(std::vector<bool>& closed) {
  const std::optional<size_t> next = schedule_.peek(closed);
  if (!next) return false;
  const PlannedTest& test = work_->tests[*next];
  const Claim claim = claim_of(*next);
  std::optional<std::string> reason = blocked_by_earlier(test, *work_);
  if (!reason) {
    reason = admission_.never(claim);
    if (reason && !admission_.has_hardware(test.hardware_type)) ++summary_->absent;
  }
  if (reason) {
    schedule_.take(*next);
    skip(*next, *reason);
    return true;
  }
  const Placement placement = admission_.place(claim);
  if (placement.waits_for == WaitsFor::host) return false;
  if (placement.waits_for == WaitsFor::slot) {
    const size_t group = schedule_.group_of(*next);
    if (closed.size() <= group) closed.resize(group + 1, false);
    closed[group] = true;
    return true;
  }
  schedule_.take(*next);
  start(*next, placement, claim);
  return true;
}

// With others beside it, a test could run out of memory though it fits.
Claim LocalRun::claim_of(size_t index) const {
  Claim claim = claims_.of(work_->tests[index]);
  claim.whole_memory = searches_.is_probe(index);
  return claim;
}

// A text that cannot be rendered for this test's values is this test's error, and no other's.
void LocalRun::start(size_t index, const Placement& placement, const Claim& claim) {
  const PlannedTest& test = work_->tests[index];
  const int64_t id = next_id_++;
  AttemptStart start;
  try {
    start = starts_.make(id, test, admission_.slots()[placement.slot], claims_.threads(test));
  } catch (const Error& error) {
    Outcome outcome = not_run(test, outcome::error, "the template cannot be rendered for this test");
    outcome.error_type = "TemplateError";
    outcome.error_message = error.what();
    return take_outcome(index, std::move(outcome));
  }
  start.timeout_seconds = request_.timeout_seconds;
  start.outcome.repetition = states_[index].repetition;
  start.outcome.attempt = states_[index].attempt;
  admission_.take(placement.slot, claim);
  running_[id] = {index, placement.slot, claim};
  if (claim.exclusive) fetches_.pause(supervisor_, true);
  supervisor_.start(std::move(start));
  watch_(&test, nullptr, progress());
}

void LocalRun::take_end(AttemptEnd& end) {
  const Holding holding = running_.at(end.id);
  running_.erase(end.id);
  admission_.give_back(holding.slot, holding.claim);
  if (holding.claim.exclusive) fetches_.pause(supervisor_, false);
  health_.doubt(holding.slot, end.outcome.outcome, next_id_);
  name_template_lines(holding.test, end);
  take_outcome(holding.test, std::move(end.outcome));
}

void LocalRun::take_outcome(size_t index, Outcome outcome) {
  secrets_.hide(outcome, folders_.journals);
  if (request_.judge) request_.judge(outcome);
  if (searches_.is_probe(index) && outcome.reason.empty()) outcome.reason = searches_.why(index);
  outcome.is_flaky = outcome.outcome == outcome::passed && states_[index].failures > 0;
  const bool again = goes_again(index, outcome);
  report(index, outcome, !again);
  if (again) return schedule_.again(index);
  if (outcome.outcome == outcome::interrupted) return;
  const bool holds = outcome.outcome == outcome::passed || outcome.observed == outcome::passed;
  if (holds) {
    starts_.remember(outcome.test_id,
                     {outcome.outcome, outcome.case_name, outcome.template_name, outcome.artifacts});
    schedule_.passed(index);
  } else {
    skip_dependents(index, outcome);
  }
  const bool is_found = searches_.is_probe(index) && outcome.outcome == outcome::oom;
  if (is_found) ++summary_->searched_oom;
  if (request_.fail_fast && is_failure(outcome.outcome) && !is_found) summary_->failed_fast = true;
}

void LocalRun::name_template_lines(size_t index, AttemptEnd& end) const {
  Outcome& outcome = end.outcome;
  if (outcome.traceback.empty()) return;
  const std::string test_file = (folders_.work / std::to_string(end.id) / "test.py").native();
  try {
    const std::vector<LineOrigin> origins = work_->renderer.line_origins(work_->tests[index]);
    outcome.traceback = with_template_lines(outcome.traceback, test_file, origins);
    outcome.output_tail = with_template_lines(outcome.output_tail, test_file, origins);
  } catch (const Error&) {  // then the lines are those of the rendered file
  }
}

// Whether there is another attempt or repetition; counts it.
bool LocalRun::goes_again(size_t index, const Outcome& outcome) {
  State& state = states_[index];
  if (!may_start()) return false;
  if (is_failure(outcome.outcome) && outcome.observed.empty() && state.failures < request_.retries) {
    ++state.failures;
    ++state.attempt;
    return true;
  }
  if (outcome.outcome != outcome::passed) return false;
  state.was_flaky = state.was_flaky || state.failures > 0;
  if (state.repetition >= repeat_) return false;
  ++state.repetition;
  state.attempt = 1;
  state.failures = 0;
  return true;
}

void LocalRun::skip(size_t index, std::string reason) {
  take_outcome(index, not_run(work_->tests[index], outcome::skipped, std::move(reason)));
}

void LocalRun::skip_dependents(size_t index, const Outcome& cause) {
  const bool is_memory = cause.outcome == outcome::oom;
  for (const size_t lost : schedule_.not_passed(index)) {
    const std::string reason = cause.outcome == outcome::skipped
                                   ? cause.reason
                                   : fmt::format("{} {}", cause.case_name, how_it_ended(cause.outcome));
    // Only a larger batch of the same needs more.
    const bool is_implied = is_memory && work_->tests[lost].template_name == cause.template_name;
    report(lost, not_run(work_->tests[lost], is_implied ? outcome::implied_oom : outcome::skipped, reason),
           true);
  }
}

void LocalRun::report(size_t index, const Outcome& outcome, bool is_last) {
  journal_.append(outcome);
  if (is_last) {
    ++summary_->outcomes[outcome.outcome];
    if (outcome.outcome == outcome::passed && states_[index].was_flaky) ++summary_->flaky;
    ++done_;
    if (outcome.outcome != outcome::interrupted && !searches_.is_probe(index)) fetches_.test_ended(index);
  }
  watch_(&work_->tests[index], &outcome, progress());
  if (is_last && outcome.outcome != outcome::interrupted) go_on_searching(index, outcome);
}

void LocalRun::go_on_searching(size_t index, const Outcome& outcome) {
  const std::string& word = outcome.observed.empty() ? outcome.outcome : outcome.observed;
  const std::optional<size_t> probe = searches_.ended(index, word, *work_);
  if (!probe) return;
  if (searches_.is_over(*probe)) return fetches_.test_ended(*probe);
  begin_at(*probe);
  *probe == index ? schedule_.again(*probe) : schedule_.release(*probe);
}

RunProgress LocalRun::progress() const {
  RunProgress progress;
  progress.done = done_;
  progress.total = planned_ + searches_.tried();
  for (const auto& [id, holding] : running_) progress.running.push_back(&work_->tests[holding.test]);
  progress.fetching = fetches_.names_running();
  progress.outcomes = summary_->outcomes;
  progress.elapsed_s = monotonic_seconds() - began_;
  if (done_ > 0)
    progress.left_s =
        progress.elapsed_s / static_cast<double>(done_) * static_cast<double>(progress.total - done_);
  progress.memory_bytes = supervisor_.memory_in_use();
  return progress;
}

void LocalRun::ingest_if_due() {
  const double since = monotonic_seconds() - last_ingest_;
  if (since > (has_exclusive() ? kIngestAtLeastSeconds : kIngestEverySeconds)) ingest(0);
}

// Somebody else's short hold of the store only puts it off.
void LocalRun::ingest(double wait_seconds) {
  last_ingest_ = monotonic_seconds();
  try {
    const auto store = open_store(request_.store_path, OpenMode::run, wait_seconds);
    if (!store->is_snapshot()) ingest_journal(*store, journal_.path());
  } catch (const Error&) {
    return;
  }
}

}  // namespace testloom
