// What changed from one run to another, case by case: outcomes, and the figures of tests that passed in both.
// What counts as a change of a figure, and how many comparisons are dealt with: docs/comparing.md.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "report/runs.h"

namespace testloom {

enum class OutcomeChangeKind {
  newly_failing,  // it fails, and did not before
  fixed,          // it failed before, and passes
  other,          // another outcome, neither of these
  added,          // it was not there before, and does not fail
  gone,
};

// "newly failing", "fixed", "changed", "new", "gone".
std::string_view name_of(OutcomeChangeKind kind);

struct OutcomeChange {
  OutcomeChangeKind kind;
  std::string case_name;
  std::optional<std::string> before, after;  // the outcome, where it was there
  std::string cause;                         // of what it is now: error or reason; may be empty
  bool is_redefined = false;                 // the test's definition is another one
};

enum class Verdict {
  regression,
  unsure,  // past the threshold, and it may be chance
  improvement,
  same,  // within the threshold
};

std::string_view name_of(Verdict verdict);

struct FigureChange {
  std::string case_name;
  std::string figure;  // latency, throughput, memory, device_memory, or metrics.NAME
  std::string unit;
  bool higher_is_better = false;
  size_t repetitions_before = 0, repetitions_after = 0;
  double before = 0, after = 0;  // medians
  double change = 0;             // (after - before) / |before|; infinite where that is 0
  double p = 1;
  double least_p = 1;     // that so many repetitions could give
  double adjusted_p = 1;  // for all comparisons that could be significant
  bool is_worse = false;
  Verdict verdict = Verdict::same;
};

// A figure's value, and a change as a share, as people read them: "53.2 ms", "+30 %".
std::string show_figure(const FigureChange& change, double value);
std::string show_change(double change);

struct CompareOptions {
  double threshold = 0.05;                   // share of the median before
  std::map<std::string, double> thresholds;  // by figure
  double significance = 0.05;                // largest (adjusted) p that is taken for no chance
  bool adjust = true;                        // for many comparisons
  bool threshold_alone = false;              // what is past the threshold needs no p
};

struct Comparison {
  StoredRun before, after;
  std::vector<OutcomeChange> outcomes;   // by kind, then by case
  std::vector<FigureChange> figures;     // past their threshold, worst first
  size_t cases = 0;                      // in both runs
  size_t compared = 0;                   // figures in both runs
  size_t most_repetitions = 0;           // that a figure has in the run that has fewer
  std::vector<std::string> differences;  // in where they ran: host, versions

  size_t count(OutcomeChangeKind kind) const;
  size_t count(Verdict verdict) const;
  // A test that newly fails, or a figure that got worse.
  bool has_regressions() const;
};

Comparison compare_runs(Connection& connection, const StoredRun& before, const StoredRun& after,
                        const CompareOptions& options);

}  // namespace testloom
