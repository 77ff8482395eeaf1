#include "engine/run.h"

#include <memory>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/text.h"
#include "engine/journal.h"
#include "engine/local/local_run.h"
#include "engine/local/machine.h"
#include "engine/local/supervisor.h"
#include "engine/plan_schedule.h"
#include "engine/run_claims.h"

namespace testloom {

namespace fs = std::filesystem;

namespace {

struct Prepared {
  std::unique_ptr<RunWork> work;
  BatchSearches searches;
  std::string resumed;  // the run that goes on; empty: a new one
  Selection selection;
};

Prepared prepare(const RunRequest& request, std::vector<std::string>& notes, OpenMode mode) {
  const auto store = open_store(request.store_path, mode, request.wait_seconds);
  if (request.journal_dir && !store->is_snapshot()) {
    throw Error(ErrorKind::usage, "--journal-dir is for runs of a snapshot",
                "the journals of other runs stand beside the store, which takes them in");
  }
  if (mode != OpenMode::read && !store->is_snapshot()) ingest_pending(*store, notes);
  Prepared prepared;
  prepared.selection = request.selection;
  if (request.resume) {
    ResumableRun found = find_resumable(store->connection(), request.selection.plan);
    prepared.resumed = std::move(found.run_id);
    prepared.selection = std::move(found.selection);
  }
  prepared.work = read_work(store->connection(), prepared.selection, prepared.resumed);
  if (prepared.selection.find_max_batch && mode != OpenMode::read)
    prepared.searches = BatchSearches(store->connection(), *prepared.work);
  return prepared;
}

void note_work(const RunWork& work, const Selection& selection, std::vector<std::string>& notes) {
  if (work.not_python > 0) {
    notes.push_back(fmt::format(
        "{} not run, since the output is not Python; `testloom tests render` writes such tests as files",
        counted(static_cast<uint64_t>(work.not_python), "test")));
  }
  if (work.added > 0) {
    notes.push_back(fmt::format("{} added that others depend on; --no-deps leaves them out",
                                counted(static_cast<uint64_t>(work.added), "test")));
  }
  if (!work.tests.empty()) return;
  const char* const why = work.done > 0        ? "every test of that run has its outcome already"
                          : work.as_before > 0 ? selection.only_failed
                                                     ? "no test failed when it last ran"
                                                     : "every test passed already in its present definition"
                                               : "no test is in this shard";
  notes.push_back(fmt::format("{}: nothing to run", why));
}

MachineRequest machine_request(const RunRequest& request, const std::vector<PlannedTest>& tests) {
  std::set<std::string> hardware_types;
  for (const PlannedTest& test : tests) hardware_types.insert(test.hardware_type);
  return {request.python,        request.hardware,     {hardware_types.begin(), hardware_types.end()},
          request.jobs,          request.memory_bytes, request.all_fresh,
          request.control_groups};
}

// With the journal's lock given up, so that it can be marked.
void settle(const RunRequest& request, RunSummary& summary) {
  try {
    const auto store = open_store(request.store_path, OpenMode::run, request.wait_seconds);
    if (!store->is_snapshot()) ingest_pending(*store, summary.notes);
  } catch (const Error& error) {
    summary.notes.push_back(fmt::format("the outcomes are in {}, not in the store yet: {}",
                                        quote(journal_folder(request.store_path).native(), 400),
                                        error.message()));
  }
}

}  // namespace

int64_t RunSummary::count(std::string_view word) const {
  const auto found = outcomes.find(std::string(word));
  return found == outcomes.end() ? 0 : found->second;
}

bool RunSummary::has_failures() const {
  for (const auto& [word, count] : outcomes) {
    if (is_failure(word) && count > (word == outcome::oom ? searched_oom : 0)) return true;
  }
  return false;
}

RunSummary run_plan(const RunRequest& given, const WatchRun& watch) {
  RunRequest request = given;
  request.store_path = fs::weakly_canonical(fs::absolute(given.store_path));
  RunSummary summary;
  hold_child_signals();
  try {
    Prepared prepared = prepare(request, summary.notes, OpenMode::run);  // as it is needed at the end
    note_work(*prepared.work, prepared.selection, summary.notes);
    summary.outcomes = prepared.work->done_outcomes;
    if (prepared.work->tests.empty()) {
      summary.run_id = prepared.resumed;
    } else {
      const Machine machine = look_at_machine(machine_request(request, prepared.work->tests));
      LocalRun run(request, prepared.selection, prepared.resumed, std::move(prepared.work), prepared.searches,
                   machine, watch);
      run.run(summary);
    }
    if (prepared.selection.find_max_batch) summary.max_batches = prepared.searches.found();
  } catch (const Error&) {
    settle(request, summary);  // what was reported before is kept
    throw;
  }
  settle(request, summary);
  return summary;
}

DryRun dry_run(const RunRequest& given) {
  RunRequest request = given;
  request.store_path = fs::weakly_canonical(fs::absolute(given.store_path));
  DryRun dry;
  Prepared prepared = prepare(request, dry.notes, OpenMode::read);
  RunWork& work = *prepared.work;
  note_work(work, prepared.selection, dry.notes);
  if (prepared.selection.find_max_batch)
    dry.notes.emplace_back("--find-max-batch adds tests where a batch size runs out of memory");
  if (work.tests.empty()) return dry;
  const Machine machine = look_at_machine(machine_request(request, work.tests));
  const Admission admission(machine.room, machine.slots, machine.absent,
                            request.overcommit || prepared.selection.find_max_batch);
  for (const Slot& slot : machine.slots) dry.slots.push_back(slot.name);
  const Claims claims(work.renderer, machine.room);
  size_t fetches = 0;
  for (const HubModel& model :
       hub_models(work, machine, [&](const PlannedTest& test) { return !admission.never(claims.of(test)); }))
    fetches += model.loading.empty() ? 0 : 1;
  if (fetches > 0)
    dry.notes.push_back(fmt::format("{} would be fetched from the hub", counted(fetches, "model")));
  std::vector<std::string> reasons(work.tests.size());
  Schedule schedule = schedule_of(work.tests);
  while (const std::optional<size_t> next = schedule.next()) {
    const PlannedTest& test = work.tests[*next];
    if (reasons[*next].empty()) reasons[*next] = blocked_by_earlier(test, work).value_or("");
    if (reasons[*next].empty()) reasons[*next] = admission.never(claims.of(test)).value_or("");
    dry.tests.push_back({test, reasons[*next]});
    schedule.passed(*next);
    if (reasons[*next].empty()) continue;
    for (const size_t waiting : schedule.dependents(*next)) reasons[waiting] = reasons[*next];
  }
  return dry;
}

}  // namespace testloom
