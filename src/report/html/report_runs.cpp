#include "report/html/report_runs.h"

#include <fmt/format.h>

#include "base/text.h"

namespace testloom {

namespace {

int64_t count(Connection& connection, std::string_view sql,
              std::initializer_list<Parameter> parameters = {}) {
  Result result = connection.query(sql, parameters);
  result.next();
  return result.integer(0);
}

// The one run that an id or its beginning names.
std::string find_run(Connection& connection, const std::string& wanted) {
  Result result = connection.query(
      "SELECT run_id FROM runs WHERE starts_with(run_id, $1) ORDER BY run_id <> $1, run_id LIMIT 2",
      {wanted});
  std::vector<std::string> found;
  while (result.next()) found.emplace_back(result.text(0));
  if (found.size() == 1 || (!found.empty() && found.front() == wanted)) return found.front();
  if (found.size() > 1) {
    throw Error(ErrorKind::usage, fmt::format("several runs begin with {}", quote(wanted)),
                fmt::format("such as {} and {}", found[0], found[1]));
  }
  Result latest = connection.query("SELECT run_id FROM runs ORDER BY started_at DESC, run_id DESC LIMIT 1");
  throw Error(ErrorKind::usage, fmt::format("there is no run {}", quote(wanted)),
              latest.next() ? fmt::format("the latest is {}", latest.text(0)) : "`testloom run` makes one");
}

void check_plan(Connection& connection, const std::string& plan) {
  if (count(connection, "SELECT count(*) FROM plans WHERE plan_name = $1 OR plan_id::VARCHAR = $1", {plan}) >
      0)
    return;
  throw Error(ErrorKind::usage, fmt::format("there is no plan {}", quote(plan)),
              "`testloom plan list` shows all");
}

}  // namespace

void choose_runs(Connection& connection, const ReportRequest& request) {
  std::vector<std::string> ids;
  for (const std::string& each : request.runs) ids.push_back(find_run(connection, each));
  if (request.plan) check_plan(connection, *request.plan);
  connection.query(
      "CREATE OR REPLACE TEMP TABLE reported_runs AS "
      "SELECT (row_number() OVER (ORDER BY started_at, run_id) - 1)::INTEGER AS run, run_id FROM runs "
      "WHERE (len($1::VARCHAR[]) = 0 OR list_contains($1::VARCHAR[], run_id)) "
      "AND ($2::VARCHAR IS NULL OR plan_id IN "
      "(SELECT plan_id FROM plans WHERE plan_name = $2 OR plan_id::VARCHAR = $2)) "
      "AND run_id IN (SELECT DISTINCT run_id FROM outcomes)",
      {ids, or_null(request.plan)});
  if (count(connection, "SELECT count(*) FROM reported_runs") > 0) return;
  throw Error(ErrorKind::usage,
              request.runs.empty() && !request.plan ? "no test has run in this store yet"
                                                    : "no outcome is known of these runs",
              "`testloom run` runs the latest plan");
}

std::vector<ReportedRun> read_runs(Connection& connection) {
  Result result = connection.query(
      "SELECT r.run_id, strftime(r.started_at, '%Y-%m-%d %H:%M:%S'), p.plan_name, r.host "
      "FROM reported_runs c JOIN runs r USING (run_id) LEFT JOIN plans p USING (plan_id) ORDER BY c.run");
  std::vector<ReportedRun> runs;
  while (result.next()) {
    runs.push_back({std::string(result.text(0)),
                    std::string(result.text(1)),
                    result.optional_text(2).value_or(""),
                    result.optional_text(3).value_or(""),
                    {}});
  }
  return runs;
}

}  // namespace testloom
