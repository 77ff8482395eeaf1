#include "report/html/report_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/outcome_words.h"
#include "model/estimate/process.h"
#include "report/html/case_name.h"
#include "report/html/cause_groups.h"
#include "report/html/report_runs.h"
#include "store/sql_text.h"

namespace testloom {

namespace {

// Of earlier results so many are told, of whole runs, the latest first; but at least those of kLeastPastRuns.
constexpr int64_t kPastResults = 100'000;
constexpr int64_t kLeastPastRuns = 3;

// An outcome's place among the words from the best to the worst; one that is not known is the worst.
std::string severity_sql(std::string_view word) {
  std::string words;
  for (const std::string_view each : outcome::by_severity)
    words += (words.empty() ? "" : ", ") + sql_text(each);
  return fmt::format("coalesce(list_position([{}], {}), 99)", words, word);
}

std::string failures_sql() {
  std::string words;
  for (const std::string_view each : outcome::by_severity) {
    if (is_failure(each)) words += (words.empty() ? "" : ", ") + sql_text(each);
  }
  return words;
}

// Makes the tables of results: `case_results` has a row for each run and case, `latest_results` one for each
// case.
void find_results(Connection& connection) {
  connection.execute(fmt::format(R"sql(
CREATE OR REPLACE TEMP TABLE case_results AS
WITH last_attempts AS (
  SELECT c.run, o."case" AS case_name, coalesce(o.repetition, 1) AS repetition,
         bool_or(o.outcome IN ({1})) AS has_failed,
         arg_max({{'place': o.rowid, 'outcome': o.outcome}}, o.attempt) AS last
  FROM outcomes o JOIN reported_runs c USING (run_id)
  GROUP BY ALL)
SELECT run, case_name, bool_or(has_failed) AS has_failed, arg_max(last, {0} * 1000000 + repetition) AS worst
FROM last_attempts GROUP BY run, case_name;

CREATE OR REPLACE TEMP TABLE latest_results AS
SELECT case_name, max(run) AS run, arg_max(worst.place, run) AS place, arg_max(has_failed, run) AS has_failed
FROM case_results GROUP BY case_name)sql",
                                 severity_sql("last.outcome"), failures_sql()));
}

constexpr const char* kTestsSql = R"sql(
WITH shown AS (
  SELECT l.run, l.has_failed, l.case_name, o.* EXCLUDE (output_tail),
         json_extract_string(o.result, ['/latency_s/p50', '/latency_s/p95', '/throughput_per_s']) AS figures,
         right(o.output_tail, 8192) AS output_tail
  FROM latest_results l JOIN outcomes o ON o.rowid = l.place)
SELECT run, has_failed AND outcome = 'passed', test_id::VARCHAR, case_name, model_name, hardware_type, batch_size, template_name,
       axes::VARCHAR, outcome, try_cast(figures[1] AS DOUBLE), try_cast(figures[2] AS DOUBLE),
       try_cast(figures[3] AS DOUBLE), duration_s,
       (CASE WHEN hardware_type = 'cpu' OR estimated_memory_bytes = estimated_host_memory_bytes
                  OR coalesce(peak_device_memory_bytes, estimated_memory_bytes) IS NULL
             THEN peak_memory_bytes ELSE peak_device_memory_bytes END)::DOUBLE, estimated_memory_bytes::DOUBLE,
       coalesce(reason, ''), coalesce(error_type, ''), coalesce(error_message, ''), coalesce(traceback, ''),
       coalesce(output_tail, ''),
       hardware_type <> 'cpu' AND peak_device_memory_bytes IS NOT NULL
         AND estimated_memory_bytes IS DISTINCT FROM estimated_host_memory_bytes
FROM shown ORDER BY case_name)sql";

std::optional<double> optional_real(const Result& row, size_t column) {
  if (row.is_null(column) || !std::isfinite(row.real(column))) return std::nullopt;
  return row.real(column);
}

// What the case is called: from the columns, or from its name where an older store has none.
CaseName name_of(const Result& row) {
  if (row.is_null(4) || row.is_null(5) || row.is_null(6) || row.is_null(7)) return parse_case(row.text(3));
  CaseName name{std::string(row.text(4)), std::string(row.text(5)), row.integer(6), std::string(row.text(7)),
                ""};
  if (!row.is_null(8)) name.axes = axes_label(row.text(3));
  return name;
}

ReportedTest test_of(const Result& row, const CaseName& name, ReportData& data, Dictionary& batch_sizes) {
  ReportedTest test;
  test.test_id = row.text(2);
  test.model = data.models.add(name.model_name);
  test.hardware = data.hardware_types.add(name.hardware_type);
  test.batch = batch_sizes.add(std::to_string(name.batch_size));
  test.name = data.templates.add(name.template_name);
  test.axes = data.axes.add(name.axes);
  test.outcome = data.outcomes.add(row.text(9));
  test.run = static_cast<int>(row.integer(0));
  test.is_flaky = row.boolean(1);
  test.p50_s = optional_real(row, 10);
  test.p95_s = optional_real(row, 11);
  test.throughput_per_s = optional_real(row, 12);
  test.duration_s = optional_real(row, 13);
  test.memory_bytes = optional_real(row, 14);
  test.estimated_bytes = optional_real(row, 15);
  // What a test says of a device is what its tensors held, without the driver's context.
  if (test.estimated_bytes && !row.is_null(21) && row.boolean(21))
    test.estimated_bytes =
        std::max(0.0, *test.estimated_bytes - device_figures(name.hardware_type).context_bytes);
  return test;
}

// Batch sizes are numbered by size, whatever the order in which they came.
void order_batch_sizes(ReportData& data, const Dictionary& found) {
  for (const std::string& each : found.texts()) data.batch_sizes.push_back(std::stoll(each));
  std::vector<int64_t> by_number = data.batch_sizes;
  std::sort(data.batch_sizes.begin(), data.batch_sizes.end());
  for (ReportedTest& test : data.tests) {
    const int64_t size = by_number[static_cast<size_t>(test.batch)];
    const auto place = std::lower_bound(data.batch_sizes.begin(), data.batch_sizes.end(), size);
    test.batch = static_cast<int>(place - data.batch_sizes.begin());
  }
}

void read_tests(Connection& connection, ReportData& data) {
  Dictionary batch_sizes;
  CauseGroups groups;
  Result row = connection.query(kTestsSql);
  while (row.next()) {
    ReportedTest test = test_of(row, name_of(row), data, batch_sizes);
    const std::string_view word = row.text(9);
    if (word != outcome::passed) {
      const FailureTexts texts{word, row.text(16), row.text(17), row.text(18), row.text(19)};
      groups.add(test, static_cast<int>(data.tests.size()), texts, row.text(20), data);
    }
    data.tests.push_back(std::move(test));
  }
  order_batch_sizes(data, batch_sizes);
  groups.finish(data);
}

void read_past(Connection& connection, ReportData& data) {
  Result first = connection.query(fmt::format(
      "SELECT coalesce(min(run), 0) FROM (SELECT run, sum(count(*)) OVER (ORDER BY run DESC) AS so_far, "
      "row_number() OVER (ORDER BY run DESC) AS place FROM case_results GROUP BY run) "
      "WHERE so_far <= {} OR place <= {}",
      kPastResults, kLeastPastRuns));
  first.next();
  data.first_past_run = static_cast<int>(first.integer(0));
  Result row = connection.query(
      "WITH numbered AS (SELECT case_name, run, row_number() OVER (ORDER BY case_name) - 1 AS test FROM "
      "latest_results) "
      "SELECT n.test, c.run, c.worst.outcome, "
      "try_cast(json_extract_string(o.result, '/latency_s/p50') AS DOUBLE) "
      "FROM numbered n JOIN case_results c USING (case_name) JOIN outcomes o ON o.rowid = c.worst.place "
      "WHERE c.run < n.run AND c.run >= ? ORDER BY c.run, n.test",
      {int64_t{data.first_past_run}});
  while (row.next()) {
    data.past.push_back({static_cast<int>(row.integer(0)), static_cast<int>(row.integer(1)),
                         data.outcomes.add(row.text(2)), optional_real(row, 3)});
  }
}

void count_outcomes(Connection& connection, std::vector<ReportedRun>& runs) {
  Result row = connection.query(fmt::format(
      "SELECT run, outcome, count(*) FROM (SELECT run, worst.outcome AS outcome FROM case_results) "
      "GROUP BY run, outcome ORDER BY run, {}, outcome",
      severity_sql("outcome")));
  while (row.next()) {
    runs[static_cast<size_t>(row.integer(0))].outcomes.emplace_back(row.text(1), row.integer(2));
  }
}

}  // namespace

ReportData read_report(Connection& connection, const ReportRequest& request) {
  ReportData data;
  data.axes.add("");
  for (const std::string_view each : outcome::by_severity) data.outcomes.add(each);
  choose_runs(connection, request);
  data.runs = read_runs(connection);
  find_results(connection);
  count_outcomes(connection, data.runs);
  read_tests(connection, data);
  read_past(connection, data);
  return data;
}

}  // namespace testloom
