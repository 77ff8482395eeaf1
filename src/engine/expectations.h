// Expectations: CSV files that declare which tests are known to fail, how, why, and until when
// (docs/expectations.md). A test that fails as declared is a known failure; one that passes although it was
// declared to fail is a failure of its own, so that the files do not outlive their reasons.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/outcome.h"

namespace testloom {

// Which batch sizes a row is for, both ends included.
struct BatchRange {
  int64_t least = 0;
  int64_t most = 0;
};

// One row. What is empty holds for any test; texts are compared as globs with * and ?.
struct Expectation {
  std::string place;  // "known.csv:3"
  std::string case_name;
  std::string model_name;
  std::string hardware_type;
  std::string template_name;
  std::optional<BatchRange> batch_size;
  std::vector<std::pair<std::string, std::string>> axes;
  std::vector<std::string> outcomes;  // that are expected; "passed" among them: a pass is fine too
  std::string error;                  // of "type: message" of what came out
  std::string reason;
  std::string ticket;
  std::optional<std::chrono::year_month_day> expires;  // the last day that it holds
};

class Expectations {
 public:
  Expectations() = default;
  explicit Expectations(std::vector<Expectation> rows);

  const std::vector<Expectation>& rows() const { return rows_; }

  // Makes of an outcome what the rows that fit its test say, on this day:
  // - it failed, and a row lists that outcome: known_failure, with `observed` and the row's reason
  // - it passed, and rows that have not expired list no pass: failed, with `observed` passed
  // - it failed otherwise, or the rows have expired: as it was, and the reason says so
  // What was not run, was interrupted, or was judged before stays as it is.
  void judge(Outcome& outcome, std::chrono::year_month_day today) const;

 private:
  std::vector<const Expectation*> fitting(const Outcome& outcome) const;

  std::vector<Expectation> rows_;
  // Rows by their exact case, by their exact model, and the others, each in the order of the files.
  std::unordered_map<std::string, std::vector<size_t>> by_case_, by_model_;
  std::vector<size_t> others_;
};

// Reads the files, in this order; a path may be a glob. Throws an Error (spec) with every mistake at its
// file, line and column (past a hundred they are counted), and where a file cannot be read.
Expectations read_expectations(const std::vector<std::filesystem::path>& paths);

}  // namespace testloom
