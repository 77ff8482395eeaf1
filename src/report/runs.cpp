#include "report/runs.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/text.h"
#include "testloom/error.h"

namespace testloom {

namespace {

constexpr std::string_view kLatest = "latest", kPrevious = "previous";
constexpr const char* kTime = "'%Y-%m-%dT%H:%M:%SZ'";

StoredRun run_of(const Result& rows) {
  const auto text = [&](size_t column) { return rows.optional_text(column).value_or(""); };
  return {text(0), rows.integer(1), text(2), text(3), rows.optional_text(4),
          text(5), text(6),         text(7), text(8)};
}

// The runs for which a condition holds, the latest first.
std::vector<StoredRun> runs_where(Connection& connection, const std::string& condition,
                                  std::initializer_list<Parameter> parameters) {
  Result rows = connection.query(
      fmt::format(
          "SELECT r.run_id, r.plan_id, (SELECT plan_name FROM plans p WHERE p.plan_id = r.plan_id), "
          "strftime(r.started_at, {0}), strftime(r.ended_at, {0}), r.engine, r.python, r.host, "
          "r.environment::VARCHAR FROM runs r WHERE {1} ORDER BY r.started_at DESC, r.run_id DESC LIMIT 3",
          kTime, condition),
      parameters);
  std::vector<StoredRun> runs;
  while (rows.next()) runs.push_back(run_of(rows));
  return runs;
}

StoredRun nth_latest(Connection& connection, size_t number) {
  const std::vector<StoredRun> runs = runs_where(connection, "true", {});
  if (runs.size() > number) return runs[number];
  if (runs.empty())
    throw Error(ErrorKind::usage, "there is no run in this store yet", "run a plan's tests: testloom run");
  throw Error(ErrorKind::usage, "there is one run only, and none before it",
              "name two runs, or keep one as a baseline");
}

void check_baseline_name(const std::string& name) {
  const auto is_part = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-';
  };
  const bool fits = !name.empty() && name.size() <= 100 &&
                    std::isalpha(static_cast<unsigned char>(name[0])) &&
                    std::all_of(name.begin(), name.end(), is_part);
  if (fits && name != kLatest && name != kPrevious) return;
  throw Error(ErrorKind::usage, fmt::format("{} cannot be a baseline's name", quote(name)),
              fits ? "it stands for a run already"
                   : "a name begins with a letter, and holds letters, digits, '.', '_' and '-'");
}

std::optional<Baseline> baseline_named(Connection& connection, const std::string& name) {
  for (const Baseline& baseline : baselines(connection)) {
    if (baseline.name == name) return baseline;
  }
  return std::nullopt;
}

std::string as_list(const std::vector<StoredRun>& runs) {
  std::vector<std::string> ids;
  for (const StoredRun& run : runs) ids.push_back(run.run_id);
  return join(ids, ", ");
}

}  // namespace

StoredRun find_run(Connection& connection, const std::string& wanted) {
  if (wanted == kLatest) return nth_latest(connection, 0);
  if (wanted == kPrevious) return nth_latest(connection, 1);
  if (is_utf8(wanted) && !wanted.empty()) {
    if (const auto exact = runs_where(connection, "r.run_id = ?", {wanted}); !exact.empty()) return exact[0];
    if (const auto baseline = baseline_named(connection, wanted)) {
      const auto kept = runs_where(connection, "r.run_id = ?", {baseline->run_id});
      if (!kept.empty()) return kept[0];
      throw Error(
          ErrorKind::usage,
          fmt::format("the run {} of the baseline {} is not in this store", baseline->run_id, quote(wanted)),
          fmt::format("set it anew: testloom baseline set {}", wanted));
    }
    const auto begun = runs_where(connection, "starts_with(r.run_id, ?)", {wanted});
    if (begun.size() == 1) return begun[0];
    if (begun.size() > 1)
      throw Error(ErrorKind::usage, fmt::format("several runs begin with {}", quote(wanted)),
                  fmt::format("such as {}", as_list(begun)));
  }
  const auto latest = runs_where(connection, "true", {});
  throw Error(ErrorKind::usage, fmt::format("there is no run {}", quote(wanted)),
              latest.empty()
                  ? "run a plan's tests: testloom run"
                  : fmt::format("the latest are {}; `testloom baseline list` shows those with names",
                                as_list(latest)));
}

std::vector<Baseline> baselines(Connection& connection) {
  Result rows = connection.query(fmt::format(
      "SELECT baseline_name, run_id, strftime(created_at, {}) FROM baselines ORDER BY baseline_name", kTime));
  std::vector<Baseline> found;
  while (rows.next())
    found.push_back({std::string(rows.text(0)), std::string(rows.text(1)), std::string(rows.text(2))});
  return found;
}

Baseline find_baseline(Connection& connection, const std::string& name) {
  if (auto baseline = baseline_named(connection, name)) return *std::move(baseline);
  std::vector<std::string> names;
  for (const Baseline& baseline : baselines(connection)) names.push_back(baseline.name);
  throw Error(ErrorKind::usage, fmt::format("there is no baseline {}", quote(name)),
              names.empty() ? "keep a run as one: testloom baseline set NAME [RUN]"
                            : fmt::format("there are {}", join(names, ", ")));
}

void set_baseline(Connection& connection, const std::string& name, const std::string& run_id) {
  check_baseline_name(name);
  Transaction transaction(connection);
  connection.query("DELETE FROM baselines WHERE baseline_name = ?", {name});
  connection.query("INSERT INTO baselines VALUES (?, ?, make_timestamp(?))",
                   {name, run_id, utc_now_microseconds()});
  transaction.commit();
}

void remove_baseline(Connection& connection, const std::string& name) {
  find_baseline(connection, name);
  connection.query("DELETE FROM baselines WHERE baseline_name = ?", {name});
}

}  // namespace testloom
