#include "engine/run_work.h"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <unordered_set>

#include <fmt/format.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "engine/outcome.h"
#include "plan/planner.h"
#include "plan/test_columns.h"
#include "plan/test_id.h"

namespace testloom {

namespace json = boost::json;

namespace {

bool is_in(const Shard& shard, const std::string& model_name) {
  const Digest hash = md5_of(model_name);
  uint32_t first = 0;
  std::from_chars(hash.data(), hash.data() + 8, first, 16);
  return first % static_cast<uint64_t>(shard.of) == static_cast<uint64_t>(shard.part - 1);
}

// The last that the run that goes on has of a test.
struct Done {
  int repetition = 1;
  int attempt = 1;
  std::string outcome;
};

std::unordered_map<std::string, Done> done_by(Connection& connection, const std::string& run_id) {
  std::unordered_map<std::string, Done> done;
  Result rows = connection.query(
      "SELECT test_id::VARCHAR, coalesce(repetition, 1), attempt, outcome FROM outcomes WHERE run_id = ? "
      "QUALIFY row_number() OVER (PARTITION BY test_id ORDER BY repetition DESC, attempt DESC) = 1",
      {run_id});
  while (rows.next()) {
    done[std::string(rows.text(0))] = {static_cast<int>(rows.integer(1)), static_cast<int>(rows.integer(2)),
                                       std::string(rows.text(3))};
  }
  return done;
}

class WorkReader {
 public:
  WorkReader(Connection& connection, const Selection& selection, const std::string& resumed)
      : connection_(connection), selection_(selection), work_(std::make_unique<RunWork>()) {
    work_->plan_id = latest_plan(connection, selection.plan);
    if (!resumed.empty()) done_ = done_by(connection, resumed);
    for (const auto& [id, done] : done_) {
      if (done.outcome == outcome::interrupted) work_->begun[id] = {done.repetition, done.attempt + 1};
    }
  }

  std::unique_ptr<RunWork> read() {
    TestFilter filter{work_->plan_id, selection_.hardware_types, std::nullopt, std::nullopt};
    if (!selection_.where.empty())
      filter.where = checked_where(connection_, work_->plan_id, selection_.where);
    try {
      for_each_test(connection_, filter, [&](const PlannedTest& test) { select(test); });
    } catch (const Error& error) {
      if (selection_.where.empty() || !is_row_failure(error)) throw;
      throw condition_failed(selection_.where, {"--where", "", 0, 0}, ErrorKind::usage, error.message());
    }
    add_dependencies();
    if (work_->added > 0) order();
    for (const PlannedTest& test : work_->tests) work_->renderer.load(connection_, test);
    return std::move(work_);
  }

 private:
  void select(const PlannedTest& test) {
    if (selection_.shard && !is_in(*selection_.shard, test.model_name)) return;
    if (test.output_kind != name_of(OutputKind::python)) {
      ++work_->not_python;
      return;
    }
    const std::string last = test.last_outcome.value_or("");
    const auto done = done_.find(test.test_id);
    if (done != done_.end()) return go_on(test, done->second);
    if ((selection_.only_changed && last == outcome::passed) ||
        (selection_.only_failed && !is_failure(last))) {
      ++work_->as_before;
      return leave_out(test);
    }
    take(test, 1, 1);
  }

  // What was interrupted is tried once more, what has passed goes on to its next repetition.
  void go_on(const PlannedTest& test, const Done& done) {
    if (done.outcome == outcome::interrupted) return take(test, done.repetition, done.attempt + 1);
    if (done.outcome == outcome::passed && done.repetition < selection_.repeat)
      return take(test, done.repetition + 1, 1);
    ++work_->done;
    ++work_->done_outcomes[done.outcome];
    leave_out(test);
  }

  void leave_out(const PlannedTest& test) {
    if (selection_.find_max_batch) work_->left_out.push_back(test);
  }

  void take(const PlannedTest& test, int repetition, int attempt) {
    taken_.insert(test.test_id);
    work_->tests.push_back(test);
    work_->starts.push_back({repetition, attempt});
  }

  // What was not selected counts by its last outcome; what has none is added, and what that depends on.
  void add_dependencies() {
    std::vector<std::string> missing = missing_of(work_->tests);
    while (!missing.empty()) {
      look_up(missing);
      std::vector<std::string> unknown;
      for (const std::string& id : missing) {
        if (!work_->earlier.contains(id)) unknown.push_back(id);
      }
      if (unknown.empty() || selection_.without_dependencies) return;
      missing = missing_of(add(unknown));
    }
  }

  std::vector<std::string> missing_of(const std::vector<PlannedTest>& tests) {
    std::vector<std::string> missing;
    for (const PlannedTest& test : tests) {
      for (const std::string& id : test.dependencies) {
        if (!taken_.contains(id) && asked_.insert(id).second) missing.push_back(id);
      }
    }
    return missing;
  }

  void look_up(const std::vector<std::string>& ids) {
    Result rows = connection_.query(
        "SELECT test_id::VARCHAR, outcome, \"case\", coalesce(template_name, ''), coalesce(artifacts, '') "
        "FROM outcomes WHERE test_id IN (SELECT "
        "unnest($1)::UUID) AND outcome NOT IN ('skipped', 'implied_oom', 'interrupted') QUALIFY row_number() "
        "OVER "
        "(PARTITION BY test_id ORDER BY started_at DESC, repetition DESC, attempt DESC) = 1",
        {ids});
    while (rows.next()) {
      work_->earlier[std::string(rows.text(0))] = {std::string(rows.text(1)), std::string(rows.text(2)),
                                                   std::string(rows.text(3)), std::string(rows.text(4))};
    }
  }

  std::vector<PlannedTest> add(const std::vector<std::string>& ids) {
    const std::unordered_set<std::string> wanted(ids.begin(), ids.end());
    std::vector<PlannedTest> added;
    const auto keep = [&](const PlannedTest& test) {
      if (wanted.contains(test.test_id)) added.push_back(test);
    };
    constexpr size_t few = 20;  // more are found faster by reading the plan through
    if (ids.size() <= few) {
      for (const std::string& id : ids)
        for_each_test(connection_, {work_->plan_id, {}, id, std::nullopt}, keep);
    } else {
      for_each_test(connection_, {work_->plan_id, {}, std::nullopt, std::nullopt}, keep);
    }
    for (const PlannedTest& test : added) take(test, 1, 1);
    work_->added += static_cast<int64_t>(added.size());
    return added;
  }

  // Dependencies that were added stand behind; the plan's order is by model, then by what comes first.
  void order() {
    std::vector<size_t> places(work_->tests.size());
    for (size_t i = 0; i < places.size(); ++i) places[i] = i;
    std::unordered_map<std::string_view, size_t> models;
    for (const PlannedTest& test : work_->tests) models.emplace(test.model_name, models.size());
    std::ranges::stable_sort(places, {}, [&](size_t i) { return models.at(work_->tests[i].model_name); });
    std::vector<PlannedTest> tests;
    std::vector<RunWork::Start> starts;
    for (const size_t place : places) {
      tests.push_back(work_->tests[place]);
      starts.push_back(work_->starts[place]);
    }
    work_->tests = std::move(tests);
    work_->starts = std::move(starts);
  }

  Connection& connection_;
  const Selection& selection_;
  std::unique_ptr<RunWork> work_;
  std::unordered_map<std::string, Done> done_;
  std::unordered_set<std::string> taken_;
  std::unordered_set<std::string> asked_;
};

}  // namespace

Shard shard_of(std::string_view text) {
  Shard shard;
  const char* const end = text.data() + text.size();
  const auto [middle, error] = std::from_chars(text.data(), end, shard.part);
  if (error == std::errc() && middle != end && *middle == '/') {
    const auto [last, second] = std::from_chars(middle + 1, end, shard.of);
    if (second == std::errc() && last == end && shard.part >= 1 && shard.part <= shard.of) return shard;
  }
  throw Error(ErrorKind::usage, fmt::format("{} is no shard", quote(text, 40)),
              "write --shard 1/4 for the first of four parts");
}

std::string selection_json(const Selection& selection) {
  JsonWriter text;
  text.begin_object();
  if (selection.plan) text.member("plan", *selection.plan);
  text.key("hardware_types").begin_array();
  for (const std::string& each : selection.hardware_types) text.value(each);
  text.end_array().member("where", selection.where).member("only_changed", selection.only_changed);
  text.member("only_failed", selection.only_failed);
  text.member("without_dependencies", selection.without_dependencies).member("repeat", selection.repeat);
  text.member("find_max_batch", selection.find_max_batch);
  if (selection.shard) text.member("shard", fmt::format("{}/{}", selection.shard->part, selection.shard->of));
  return text.end_object().take();
}

Selection selection_of_json(std::string_view text) {
  const json::object facts = json::parse(text).as_object();
  const auto truth = [&](std::string_view key) {
    const json::value* value = facts.if_contains(key);
    return value && value->is_bool() && value->get_bool();
  };
  const auto words = [&](std::string_view key) {
    const json::value* value = facts.if_contains(key);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
  };
  Selection selection;
  selection.where = words("where");
  if (const json::value* listed = facts.if_contains("hardware_types"); listed && listed->is_array()) {
    for (const json::value& each : listed->get_array())
      selection.hardware_types.emplace_back(each.as_string());
  }
  selection.only_changed = truth("only_changed");
  selection.only_failed = truth("only_failed");
  selection.without_dependencies = truth("without_dependencies");
  selection.find_max_batch = truth("find_max_batch");
  if (const json::value* repeat = facts.if_contains("repeat"); repeat && repeat->is_int64())
    selection.repeat = static_cast<int>(repeat->get_int64());
  if (const std::string shard = words("shard"); !shard.empty()) selection.shard = shard_of(shard);
  return selection;
}

ResumableRun find_resumable(Connection& connection, const std::optional<std::string>& plan) {
  const int64_t plan_id = latest_plan(connection, plan);
  Result rows = connection.query(
      "SELECT run_id, coalesce(settings::VARCHAR, '{}'), ended_at IS NOT NULL FROM runs WHERE plan_id = ? "
      "ORDER BY "
      "started_at DESC LIMIT 1",
      {plan_id});
  if (!rows.next()) {
    throw Error(ErrorKind::usage, fmt::format("plan {} has no run to go on with", plan_id),
                "start one: `testloom run`");
  }
  ResumableRun found{std::string(rows.text(0)), selection_of_json(rows.text(1))};
  found.selection.plan = std::to_string(plan_id);
  return found;
}

std::unique_ptr<RunWork> read_work(Connection& connection, const Selection& selection,
                                   const std::string& resumed) {
  std::unique_ptr<RunWork> work = WorkReader(connection, selection, resumed).read();
  if (!work->tests.empty() || work->as_before > 0 || work->done > 0 || selection.shard) return work;
  if (work->not_python > 0) {
    throw Error(ErrorKind::usage,
                fmt::format("plan {} has no test that can be run: their output is not Python", work->plan_id),
                "`testloom tests render` writes them as files");
  }
  const std::string asked = !selection.where.empty() ? " that --where asks for"
                            : selection.shard        ? " in this shard"
                            : !selection.hardware_types.empty()
                                ? " on " + join(selection.hardware_types, ", ")
                                : "";
  throw Error(ErrorKind::usage, fmt::format("plan {} has no test{}", work->plan_id, asked),
              "`testloom tests list` shows what it has");
}

}  // namespace testloom
