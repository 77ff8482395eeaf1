#include "report/comparison.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <tuple>

#include <fmt/format.h>

#include "base/outcome_words.h"
#include "base/text.h"
#include "base/units.h"
#include "report/rank_test.h"
#include "report/run_outcomes.h"

namespace testloom {

namespace json = boost::json;

namespace {

struct Figure {
  std::vector<double> values;
  std::string unit;
  bool higher_is_better = false;
};

// A test in one of the runs: what its repetitions came to.
struct Side {
  bool is_there = false;
  std::string test_id;
  std::string outcome;
  std::string cause;
  std::map<std::string, Figure> figures;  // of repetitions that passed
};

// Which of a test's repetitions speaks for all: a failure before anything else, a pass last.
int weight_of(std::string_view word) {
  if (is_failure(word)) return 5;
  if (word == outcome::interrupted) return 4;
  if (word == outcome::known_failure) return 3;
  return word == outcome::passed ? 1 : 2;
}

void add_value(Side& side, const std::string& name, double value, bool higher_is_better, std::string unit) {
  if (!std::isfinite(value)) return;
  Figure& figure = side.figures[name];
  figure.values.push_back(value);
  figure.higher_is_better = higher_is_better;
  figure.unit = std::move(unit);
}

void add_metrics(Side& side, std::string_view text) {
  boost::system::error_code error;
  const json::value metrics = json::parse(text, error);
  if (error || !metrics.is_object()) return;
  for (const auto& [name, each] : metrics.get_object()) {
    const json::object* metric = each.if_object();
    const json::value* value = metric ? metric->if_contains("value") : nullptr;
    const json::value* better = metric ? metric->if_contains("better") : nullptr;
    const json::value* unit = metric ? metric->if_contains("unit") : nullptr;
    if (!value || !value->is_number() || !better || !better->is_string()) continue;
    const std::string_view direction = better->get_string();
    if (direction != "higher" && direction != "lower") continue;
    add_value(side, "metrics." + std::string(name), value->to_number<double>(), direction == "higher",
              unit && unit->is_string() ? std::string(unit->get_string()) : "");
  }
}

// Both runs' outcomes that count, case by case.
constexpr const char* kRowsSql =
    "SELECT \"case\", side, test_id::VARCHAR, outcome, coalesce(error_type, ''), "
    "left(coalesce(error_message, ''), "
    "300), left(coalesce(reason, ''), 300), try_cast(result->>'$.latency_s.p50' AS DOUBLE), "
    "try_cast(result->>'$.throughput_per_s' AS DOUBLE), peak_memory_bytes::DOUBLE, "
    "coalesce(peak_device_memory_bytes::DOUBLE, try_cast(result->>'$.peak_device_memory_bytes' AS DOUBLE)), "
    "(result->'$.metrics')::VARCHAR FROM (SELECT 0 AS side, * FROM {} UNION ALL SELECT 1, * FROM {}) "
    "ORDER BY \"case\", side, repetition";

void take_row(Side& side, const Result& row) {
  const std::string_view word = row.text(3);
  if (!side.is_there || weight_of(word) > weight_of(side.outcome)) {
    ReportedOutcome shown;
    shown.error_type = row.text(4);
    shown.error_message = row.text(5);
    shown.reason = row.text(6);
    side.test_id = row.text(2);
    side.outcome = word;
    side.cause = word == outcome::passed ? "" : shown_cause(shown);
  }
  side.is_there = true;
  if (word != outcome::passed) return;
  constexpr std::tuple<size_t, const char*, bool, const char*> figures[] = {
      {7, "latency", false, "s"},
      {8, "throughput", true, "1/s"},
      {9, "memory", false, "bytes"},
      {10, "device_memory", false, "bytes"}};
  for (const auto& [column, name, higher, unit] : figures) {
    if (!row.is_null(column)) add_value(side, name, row.real(column), higher, unit);
  }
  if (!row.is_null(11)) add_metrics(side, row.text(11));
}

double median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  return values.size() % 2 ? values[half] : (values[half - 1] + values[half]) / 2;
}

double share_of_change(double before, double after) {
  if (before == after) return 0;
  return (after - before) / std::abs(before);  // infinite where there was nothing
}

class Comparing {
 public:
  Comparing(Comparison& comparison, const CompareOptions& options)
      : comparison_(comparison), options_(options) {}

  void add(const std::string& case_name, const Side& before, const Side& after) {
    add_outcome(case_name, before, after);
    if (!before.is_there || !after.is_there) return;
    ++comparison_.cases;
    for (const auto& [name, figure] : after.figures) {
      const auto other = before.figures.find(name);
      if (other != before.figures.end()) add_figure(case_name, name, other->second, figure);
    }
  }

  void finish() {
    adjust();
    std::vector<FigureChange> changed;
    for (FigureChange& figure : comparison_.figures) {
      judge(figure);
      if (figure.verdict != Verdict::same) changed.push_back(std::move(figure));
    }
    std::stable_sort(changed.begin(), changed.end(), [](const FigureChange& a, const FigureChange& b) {
      return std::tuple(a.verdict, !a.is_worse, -std::abs(a.change)) <
             std::tuple(b.verdict, !b.is_worse, -std::abs(b.change));
    });
    comparison_.figures = std::move(changed);
    std::stable_sort(comparison_.outcomes.begin(), comparison_.outcomes.end(),
                     [](const OutcomeChange& a, const OutcomeChange& b) { return a.kind < b.kind; });
  }

 private:
  void add_outcome(const std::string& case_name, const Side& before, const Side& after) {
    OutcomeChange change{OutcomeChangeKind::other, case_name, {}, {}, after.cause, false};
    if (before.is_there) change.before = before.outcome;
    if (after.is_there) change.after = after.outcome;
    change.is_redefined = before.is_there && after.is_there && before.test_id != after.test_id;
    const bool failed = before.is_there && is_failure(before.outcome);
    const bool fails = after.is_there && is_failure(after.outcome);
    if (fails && !failed)
      change.kind = OutcomeChangeKind::newly_failing;
    else if (!after.is_there)
      change.kind = OutcomeChangeKind::gone;
    else if (!before.is_there)
      change.kind = OutcomeChangeKind::added;
    else if (failed && after.outcome == outcome::passed)
      change.kind = OutcomeChangeKind::fixed;
    else if (before.outcome == after.outcome)
      return;
    comparison_.outcomes.push_back(std::move(change));
  }

  void add_figure(const std::string& case_name, const std::string& name, const Figure& before,
                  const Figure& after) {
    FigureChange change{case_name, name, after.unit, after.higher_is_better};
    change.repetitions_before = before.values.size();
    change.repetitions_after = after.values.size();
    change.before = median_of(before.values);
    change.after = median_of(after.values);
    change.change = share_of_change(change.before, change.after);
    change.is_worse = after.higher_is_better ? change.change < 0 : change.change > 0;
    const RankTest test = rank_test(before.values, after.values);
    change.p = test.p;
    change.least_p = test.least_p;
    change.adjusted_p = test.p;
    ++comparison_.compared;
    comparison_.most_repetitions =
        std::max(comparison_.most_repetitions, std::min(before.values.size(), after.values.size()));
    comparison_.figures.push_back(std::move(change));
  }

  // Over those that could be significant at all; the others are no test of anything.
  void adjust() {
    if (!options_.adjust) return;
    std::vector<FigureChange*> tested;
    std::vector<double> p;
    for (FigureChange& figure : comparison_.figures) {
      if (figure.least_p > options_.significance) continue;
      tested.push_back(&figure);
      p.push_back(figure.p);
    }
    const std::vector<double> adjusted = adjusted_for_many(p);
    for (size_t i = 0; i < tested.size(); ++i) tested[i]->adjusted_p = adjusted[i];
  }

  void judge(FigureChange& figure) const {
    const auto own = options_.thresholds.find(figure.figure);
    const double threshold = own == options_.thresholds.end() ? options_.threshold : own->second;
    if (!(std::abs(figure.change) > threshold)) return;
    if (!options_.threshold_alone && figure.adjusted_p > options_.significance)
      figure.verdict = Verdict::unsure;
    else
      figure.verdict = figure.is_worse ? Verdict::regression : Verdict::improvement;
  }

  Comparison& comparison_;
  const CompareOptions& options_;
};

// "torch: 2.1.0, then 2.2.0" for what two runs' environments say differently.
std::vector<std::string> differences_of(const StoredRun& before, const StoredRun& after) {
  std::vector<std::string> differences;
  const auto compare = [&](std::string_view what, const std::string& a, const std::string& b) {
    if (a != b && !a.empty() && !b.empty()) differences.push_back(fmt::format("{}: {}, then {}", what, a, b));
  };
  compare("host", before.host, after.host);
  boost::system::error_code error;
  const json::value a = json::parse(before.environment, error), b = json::parse(after.environment, error);
  if (!a.is_object() || !b.is_object()) return differences;
  for (const char* name : {"python", "torch", "transformers", "numpy"}) {
    const json::value* of_a = a.get_object().if_contains(name);
    const json::value* of_b = b.get_object().if_contains(name);
    if (of_a && of_b && of_a->is_string() && of_b->is_string())
      compare(name, std::string(of_a->get_string()), std::string(of_b->get_string()));
  }
  return differences;
}

}  // namespace

std::string_view name_of(OutcomeChangeKind kind) {
  constexpr std::string_view names[] = {"newly failing", "fixed", "changed", "new", "gone"};
  return names[static_cast<size_t>(kind)];
}

std::string_view name_of(Verdict verdict) {
  constexpr std::string_view names[] = {"regression", "unsure", "improvement", "same"};
  return names[static_cast<size_t>(verdict)];
}

std::string show_figure(const FigureChange& change, double value) {
  if (change.figure == "latency") return show_seconds(value);
  if (change.figure == "throughput") return fmt::format("{:.4g}/s", value);
  if (change.unit == "bytes") return show_bytes(value);
  return fmt::format("{:.4g}{}{}", value, change.unit.empty() ? "" : " ", change.unit);
}

std::string show_change(double change) {
  if (std::isinf(change)) return change > 0 ? "from none" : "to less";
  return fmt::format("{:+.3g} %", change * 100);
}

size_t Comparison::count(OutcomeChangeKind kind) const {
  return static_cast<size_t>(std::count_if(outcomes.begin(), outcomes.end(),
                                           [&](const OutcomeChange& each) { return each.kind == kind; }));
}

size_t Comparison::count(Verdict verdict) const {
  return static_cast<size_t>(std::count_if(
      figures.begin(), figures.end(), [&](const FigureChange& each) { return each.verdict == verdict; }));
}

bool Comparison::has_regressions() const {
  return count(OutcomeChangeKind::newly_failing) > 0 || count(Verdict::regression) > 0;
}

Comparison compare_runs(Connection& connection, const StoredRun& before, const StoredRun& after,
                        const CompareOptions& options) {
  Comparison comparison;
  comparison.before = before;
  comparison.after = after;
  comparison.differences = differences_of(before, after);
  Comparing comparing(comparison, options);
  Result rows = connection.query(
      fmt::format(fmt::runtime(kRowsSql), counting_outcomes_sql("$1"), counting_outcomes_sql("$2")),
      {before.run_id, after.run_id});
  std::string case_name;
  Side sides[2];
  const auto hand_over = [&] {
    if (sides[0].is_there || sides[1].is_there) comparing.add(case_name, sides[0], sides[1]);
    sides[0] = sides[1] = Side();
  };
  while (rows.next()) {
    if (rows.text(0) != case_name) {
      hand_over();
      case_name = rows.text(0);
    }
    take_row(sides[rows.integer(1)], rows);
  }
  hand_over();
  comparing.finish();
  return comparison;
}

}  // namespace testloom
