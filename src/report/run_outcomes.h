// Reading a run's outcomes for reports: of each repetition of a test the last attempt counts.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/database.h"

namespace testloom {

struct ReportedOutcome {
  std::string test_id;
  std::string case_name;
  std::string model_name;
  std::string hardware_type;
  std::string template_name;
  int64_t batch_size = 0;
  std::string axes_json;
  int64_t repetition = 1;
  int64_t attempt = 1;
  std::string outcome;
  std::string observed;
  std::string reason;
  std::string started_at;  // UTC, as 2026-01-31T23:59:59Z
  std::optional<double> duration_s;
  std::string error_type;
  std::string error_message;
  std::string traceback;
  std::string output_tail;
};

// A test's repetition: all attempts at it, in their order.
using Attempts = std::vector<ReportedOutcome>;

// The outcomes of a run that count, one a test and repetition, as a subquery with the columns of `outcomes`,
// what a test is filled in where an older testloom left it to the case. The parameter, such as "$1", is the
// run's id.
std::string counting_outcomes_sql(std::string_view run_parameter);

// How many repetitions of tests came to an outcome, and the seconds of all attempts at them.
struct OutcomeTotal {
  std::string outcome;
  int64_t tests = 0;
  double duration_s = 0;
};

// By how many there are, then by the outcome's name.
std::vector<OutcomeTotal> outcome_totals(Connection& connection, const std::string& run_id);

// Every repetition of every test, by model, hardware type, case and repetition.
void for_each_attempts(Connection& connection, const std::string& run_id,
                       const std::function<void(const Attempts&)>& use);

// "ValueError: a shape differs", or the reason, or empty: why an outcome is what it is, as one text.
std::string shown_cause(const ReportedOutcome& outcome);
std::string shown_cause(std::string_view error_type, std::string_view error_message, std::string_view reason);

}  // namespace testloom
