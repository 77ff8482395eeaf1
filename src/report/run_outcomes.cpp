#include "report/run_outcomes.h"

#include <fmt/format.h>

namespace testloom {

namespace {

constexpr int64_t kOutcomesAtOnce = 20'000;

// Outcomes with what their test is; one of an older testloom says it in its case,
// model/hardware/template[...].
constexpr const char* kNamed =
    "SELECT o.* REPLACE (coalesce(o.model_name, regexp_extract(o.\"case\", '^(.*)/[^/]+/[^/\\[]+', 1)) AS "
    "model_name, coalesce(o.hardware_type, regexp_extract(o.\"case\", '^.*/([^/]+)/[^/\\[]+', 1)) AS "
    "hardware_type, coalesce(o.template_name, regexp_extract(o.\"case\", '^.*/[^/]+/([^/\\[]+)', 1)) AS "
    "template_name, coalesce(o.batch_size, try_cast(regexp_extract(o.\"case\", '[\\[,]batch_size=(\\d+)', 1) "
    "AS BIGINT)) AS batch_size, coalesce(o.repetition, 1) AS repetition) FROM outcomes o WHERE o.run_id = ";

// Consecutive models and hardware types with not too many outcomes together.
struct Span {
  std::string first_model, first_hardware, last_model, last_hardware;
  int64_t outcomes = 0;
};

std::vector<Span> spans_of(Connection& connection, const std::string& run_id) {
  Result rows = connection.query(
      fmt::format("SELECT model_name, hardware_type, count(*) FROM ({}?) GROUP BY ALL ORDER BY 1, 2", kNamed),
      {run_id});
  std::vector<Span> spans;
  while (rows.next()) {
    const std::string model(rows.text(0)), hardware(rows.text(1));
    if (spans.empty() || spans.back().outcomes >= kOutcomesAtOnce)
      spans.push_back({model, hardware, "", "", 0});
    spans.back().last_model = model;
    spans.back().last_hardware = hardware;
    spans.back().outcomes += rows.integer(2);
  }
  return spans;
}

ReportedOutcome outcome_of(const Result& rows) {
  const auto text = [&](size_t column) { return rows.optional_text(column).value_or(""); };
  ReportedOutcome outcome;
  outcome.test_id = text(0);
  outcome.case_name = text(1);
  outcome.model_name = text(2);
  outcome.hardware_type = text(3);
  outcome.template_name = text(4);
  outcome.batch_size = rows.is_null(5) ? 0 : rows.integer(5);
  outcome.repetition = rows.integer(6);
  outcome.attempt = rows.integer(7);
  outcome.outcome = text(8);
  outcome.observed = text(9);
  outcome.reason = text(10);
  outcome.started_at = text(11);
  if (!rows.is_null(12)) outcome.duration_s = rows.real(12);
  outcome.error_type = text(13);
  outcome.error_message = text(14);
  outcome.traceback = text(15);
  outcome.output_tail = text(16);
  outcome.axes_json = rows.optional_text(17).value_or("{}");
  return outcome;
}

void read_span(Connection& connection, const std::string& run_id, const Span& span,
               const std::function<void(const Attempts&)>& use) {
  Result rows = connection.query(
      fmt::format(
          "SELECT test_id::VARCHAR, \"case\", model_name, hardware_type, template_name, batch_size, "
          "repetition, attempt, outcome, observed, reason, strftime(started_at, '%Y-%m-%dT%H:%M:%SZ'), "
          "duration_s, error_type, error_message, traceback, output_tail, axes::VARCHAR FROM ({}$1) "
          "WHERE (model_name > $2 OR (model_name = $2 AND hardware_type >= $3)) "
          "AND (model_name < $4 OR (model_name = $4 AND hardware_type <= $5)) "
          "ORDER BY model_name, hardware_type, template_name, batch_size, \"case\", test_id, repetition, "
          "attempt",
          kNamed),
      {run_id, span.first_model, span.first_hardware, span.last_model, span.last_hardware});
  Attempts attempts;
  while (rows.next()) {
    ReportedOutcome next = outcome_of(rows);
    const bool same = !attempts.empty() && attempts.back().test_id == next.test_id &&
                      attempts.back().repetition == next.repetition;
    if (!same && !attempts.empty()) {
      use(attempts);
      attempts.clear();
    }
    attempts.push_back(std::move(next));
  }
  if (!attempts.empty()) use(attempts);
}

}  // namespace

std::string counting_outcomes_sql(std::string_view run_parameter) {
  return fmt::format(
      "({}{} QUALIFY row_number() OVER (PARTITION BY test_id, coalesce(o.repetition, 1) ORDER BY "
      "attempt DESC) = 1)",
      kNamed, run_parameter);
}

std::vector<OutcomeTotal> outcome_totals(Connection& connection, const std::string& run_id) {
  Result rows = connection.query(
      "SELECT outcome, count(*), coalesce(sum(seconds), 0) FROM (SELECT arg_max(outcome, attempt) AS "
      "outcome, "
      "sum(duration_s) AS seconds FROM outcomes WHERE run_id = ? GROUP BY test_id, coalesce(repetition, 1)) "
      "GROUP BY outcome ORDER BY 2 DESC, 1",
      {run_id});
  std::vector<OutcomeTotal> totals;
  while (rows.next()) totals.push_back({std::string(rows.text(0)), rows.integer(1), rows.real(2)});
  return totals;
}

void for_each_attempts(Connection& connection, const std::string& run_id,
                       const std::function<void(const Attempts&)>& use) {
  for (const Span& span : spans_of(connection, run_id)) read_span(connection, run_id, span, use);
}

std::string shown_cause(const ReportedOutcome& outcome) {
  return shown_cause(outcome.error_type, outcome.error_message, outcome.reason);
}

std::string shown_cause(std::string_view error_type, std::string_view error_message,
                        std::string_view reason) {
  if (error_type.empty() && error_message.empty()) return std::string(reason);
  std::string cause(error_type);
  if (!error_type.empty() && !error_message.empty()) cause += ": ";
  return cause.append(error_message);
}

}  // namespace testloom
