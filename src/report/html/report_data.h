// What the HTML report shows, read from a store: its runs, the latest result of every case, and how the cases
// did in earlier runs. Reading needs no right to write the store.
//
// The result of a case in a run is the last attempt at it. Of several repetitions the worst outcome counts,
// and of equals the last.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "report/html/dictionary.h"
#include "store/database.h"

namespace testloom {

struct ReportRequest {
  std::vector<std::string> runs;    // ids or unique beginnings; empty: all
  std::optional<std::string> plan;  // only runs of plans of this name or number
};

struct ReportedRun {
  std::string run_id;
  std::string started_at;  // UTC, to the second
  std::string plan;        // its name; empty: the plan is gone
  std::string host;
  std::vector<std::pair<std::string, int64_t>> outcomes;  // how many cases came out how
};

// One case with its latest result. Numbers of texts are places in ReportData's dictionaries.
struct ReportedTest {
  std::string test_id;
  int model = 0;
  int hardware = 0;
  int batch = 0;  // in `batch_sizes`
  int name = 0;   // of the template
  int axes = 0;   // as dtype=float32,layout=nchw; the first text is empty
  int outcome = 0;
  int run = 0;
  bool is_flaky = false;  // it passed after an attempt that failed

  std::optional<double> p50_s;
  std::optional<double> p95_s;
  std::optional<double> throughput_per_s;
  std::optional<double> duration_s;
  std::optional<double>
      memory_bytes;  // the most that was held where it runs: the device, or the process on a host
  std::optional<double> estimated_bytes;  // predicted of the same

  int cause = -1;    // in ReportData::causes; -1: it passed
  int message = -1;  // in ReportData::messages: what is particular to this test; -1: nothing, or no room
};

// A whole text of a test that did not pass.
struct CauseSample {
  int test = 0;
  std::string traceback;
  std::string output;
};

// Tests that did not pass for what looks like one reason.
struct ReportedCause {
  std::string outcome;
  std::string title;  // the error or reason without what differs between its tests
  std::string place;  // the innermost frame, as "vision.py in test_vision"; may be empty
  bool is_failure = false;
  int64_t tests = 0;
  std::vector<CauseSample> samples;
};

// How a test did in an earlier run.
struct PastResult {
  int test = 0;
  int run = 0;
  int outcome = 0;
  std::optional<double> p50_s;
};

struct ReportData {
  std::vector<ReportedRun> runs;  // the latest last
  std::vector<ReportedTest> tests;
  std::vector<ReportedCause> causes;  // those that fail first, then those of the most tests
  std::vector<PastResult> past;       // by run
  int first_past_run = 0;             // runs before this one are left out of `past`

  Dictionary models, hardware_types, templates, axes, outcomes, messages;
  std::vector<int64_t> batch_sizes;  // ascending
};

// Throws an Error (usage) when a run or plan is not there, or no test has run.
ReportData read_report(Connection& connection, const ReportRequest& request);

}  // namespace testloom
