#include "engine/expectations.h"

#include <algorithm>
#include <boost/json.hpp>
#include <map>

#include <fmt/format.h>

#include "base/text.h"

namespace testloom {

namespace json = boost::json;

namespace {

bool is_glob(std::string_view text) { return text.find_first_of("*?") != std::string_view::npos; }

bool fits(std::string_view wanted, std::string_view text) {
  return wanted.empty() || wanted == text || matches_glob(wanted, text);
}

// An axis's value as a spec would say it: texts bare, the others as JSON.
std::string axis_text(const json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : json::serialize(value);
}

bool fits_axes(const Expectation& row, const Outcome& outcome) {
  if (row.axes.empty()) return true;
  boost::system::error_code error;
  const json::value values = json::parse(outcome.axes_json, error);
  if (error || !values.is_object()) return false;
  return std::all_of(row.axes.begin(), row.axes.end(), [&](const auto& wanted) {
    const json::value* value = values.get_object().if_contains(wanted.first);
    return value && fits(wanted.second, axis_text(*value));
  });
}

bool fits_test(const Expectation& row, const Outcome& outcome) {
  const bool batch = !row.batch_size || (outcome.batch_size >= row.batch_size->least &&
                                         outcome.batch_size <= row.batch_size->most);
  return batch && fits(row.case_name, outcome.case_name) && fits(row.model_name, outcome.model_name) &&
         fits(row.hardware_type, outcome.hardware_type) && fits(row.template_name, outcome.template_name) &&
         fits_axes(row, outcome);
}

bool lists(const Expectation& row, std::string_view word) {
  return std::find(row.outcomes.begin(), row.outcomes.end(), word) != row.outcomes.end();
}

bool covers(const Expectation& row, const Outcome& outcome) {
  if (!lists(row, outcome.outcome)) return false;
  return fits(row.error, fmt::format("{}: {}", outcome.error_type, outcome.error_message));
}

std::string shown_outcomes(const Expectation& row) { return join(row.outcomes, " or "); }

// What was known of it before stays readable behind.
void say(Outcome& outcome, const std::string& said) {
  outcome.reason = outcome.reason.empty() ? said : said + "; " + outcome.reason;
}

void judge_failure(Outcome& outcome, const std::vector<const Expectation*>& current,
                   const std::vector<const Expectation*>& expired) {
  for (const Expectation* row : current) {
    if (!covers(*row, outcome)) continue;
    outcome.observed = outcome.outcome;
    outcome.outcome = outcome::known_failure;
    const std::string ticket = row->ticket.empty() ? "" : fmt::format(" ({})", row->ticket);
    return say(outcome, fmt::format("{}: {}{}", row->place, row->reason, ticket));
  }
  for (const Expectation* row : expired) {
    if (!covers(*row, outcome)) continue;
    return say(outcome, fmt::format("{} expected this until {:04}-{:02}-{:02}", row->place,
                                    static_cast<int>(row->expires->year()),
                                    static_cast<unsigned>(row->expires->month()),
                                    static_cast<unsigned>(row->expires->day())));
  }
  if (current.empty()) return;
  const Expectation& row = *current.front();
  const std::string error = row.error.empty() ? "" : fmt::format(" with the error {}", quote(row.error));
  say(outcome, fmt::format("{} expects {}{}", row.place, shown_outcomes(row), error));
}

void judge_pass(Outcome& outcome, const std::vector<const Expectation*>& current) {
  const bool fine = std::any_of(current.begin(), current.end(),
                                [](const Expectation* row) { return lists(*row, outcome::passed); });
  if (current.empty() || fine) return;
  const Expectation& row = *current.front();
  outcome.observed = outcome.outcome;
  outcome.outcome = outcome::failed;
  say(outcome, fmt::format("it passed, and {} expects {}: take the row out", row.place, shown_outcomes(row)));
}

}  // namespace

Expectations::Expectations(std::vector<Expectation> rows) : rows_(std::move(rows)) {
  for (size_t i = 0; i < rows_.size(); ++i) {
    const Expectation& row = rows_[i];
    if (!row.case_name.empty() && !is_glob(row.case_name))
      by_case_[row.case_name].push_back(i);
    else if (!row.model_name.empty() && !is_glob(row.model_name))
      by_model_[row.model_name].push_back(i);
    else
      others_.push_back(i);
  }
}

std::vector<const Expectation*> Expectations::fitting(const Outcome& outcome) const {
  std::vector<size_t> numbers = others_;
  if (const auto found = by_case_.find(outcome.case_name); found != by_case_.end())
    numbers.insert(numbers.end(), found->second.begin(), found->second.end());
  if (const auto found = by_model_.find(outcome.model_name); found != by_model_.end())
    numbers.insert(numbers.end(), found->second.begin(), found->second.end());
  std::sort(numbers.begin(), numbers.end());
  std::vector<const Expectation*> rows;
  for (const size_t number : numbers) {
    if (fits_test(rows_[number], outcome)) rows.push_back(&rows_[number]);
  }
  return rows;
}

void Expectations::judge(Outcome& outcome, std::chrono::year_month_day today) const {
  const bool passed = outcome.outcome == outcome::passed;
  if (!outcome.observed.empty() || !(passed || is_failure(outcome.outcome))) return;
  std::vector<const Expectation*> current, expired;
  for (const Expectation* row : fitting(outcome))
    (row->expires && *row->expires < today ? expired : current).push_back(row);
  passed ? judge_pass(outcome, current) : judge_failure(outcome, current, expired);
}

}  // namespace testloom
