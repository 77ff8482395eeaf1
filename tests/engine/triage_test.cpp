// Proposed rows: what is grouped, and that they make known what failed and nothing else.
#include "engine/triage.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/text.h"
#include "engine/expectations.h"
#include "support/temporary_folder.h"
#include "testloom/error.h"

namespace testloom {
namespace {

Outcome came_out(const std::string& model, const std::string& hardware, const std::string& name,
                 int64_t batch, std::string_view word, const std::string& error = "") {
  Outcome outcome;
  outcome.case_name = model + "/" + hardware + "/" + name + "[batch_size=" + std::to_string(batch) + "]";
  outcome.model_name = model;
  outcome.hardware_type = hardware;
  outcome.template_name = name;
  outcome.batch_size = batch;
  outcome.outcome = word;
  if (!error.empty()) outcome.error_type = "ValueError";
  outcome.error_message = error;
  return outcome;
}

// The rows without reasons.
std::string proposed(const std::vector<Outcome>& outcomes) {
  std::vector<ProposedRow> rows = propose_rows(outcomes);
  for (ProposedRow& row : rows) row.reason.clear();
  return csv_of(rows, {"case", "model_name", "hardware_type", "template_name", "outcome", "error"});
}

TEST(Triage, AGlobLeavesOutWhatDiffers) {
  Outcome outcome = came_out("org/bert", "cpu", "t", 1, "error",
                             "shape [4, 128] of org/bert, not org/bert2, at 0x7f12 differs\nmore");
  EXPECT_EQ(error_glob(outcome), "ValueError: shape [*, *] of *, not org/bert*, at *x*f* differs*");
  EXPECT_EQ(error_glob(came_out("a", "cpu", "t", 1, "crashed")), "");
  outcome.error_message = std::string(1000, 'x');
  EXPECT_EQ(count_code_points(error_glob(outcome)), 151u);
  outcome.error_message = "a\x1b[31mb\xff";
  EXPECT_EQ(error_glob(outcome), "ValueError: a*[*mb*");
}

TEST(Triage, OneCauseOfAllModelsIsOneRow) {
  std::vector<Outcome> outcomes;
  for (const char* model : {"a", "b", "c"}) {
    for (const int64_t batch : {1, 4})
      outcomes.push_back(came_out(model, "tpu", "conv", batch, "error", "no kernel"));
    outcomes.push_back(came_out(model, "cpu", "conv", 1, "passed"));
    outcomes.push_back(came_out(model, "tpu", "conv", 16, "skipped"));
  }
  EXPECT_EQ(proposed(outcomes),
            "# 6 tests, such as a/tpu/conv[batch_size=1]\n,,tpu,conv,error,ValueError: no kernel*\n");
  outcomes.push_back(came_out("d", "tpu", "conv", 1, "passed"));
  EXPECT_EQ(proposed(outcomes),
            "# 2 tests, such as a/tpu/conv[batch_size=1]\n,a,tpu,conv,error,ValueError: no kernel*\n"
            "# 2 tests, such as b/tpu/conv[batch_size=1]\n,b,tpu,conv,error,ValueError: no kernel*\n"
            "# 2 tests, such as c/tpu/conv[batch_size=1]\n,c,tpu,conv,error,ValueError: no kernel*\n");
}

TEST(Triage, AModelThatFailsEverywhereIsOneRowAndASingleCaseIsItself) {
  EXPECT_EQ(proposed({came_out("a", "cpu", "x", 1, "crashed"), came_out("a", "cpu", "y", 1, "crashed"),
                      came_out("b", "cpu", "x", 1, "passed"), came_out("b", "cpu", "y", 1, "passed")}),
            "# 2 tests, such as a/cpu/x[batch_size=1]\n,a,cpu,,crashed,\n");
  EXPECT_EQ(proposed({came_out("a", "cpu", "x", 1, "passed"), came_out("a", "cpu", "x", 4, "oom"),
                      came_out("a", "cpu", "x", 16, "implied_oom")}),
            "a/cpu/x[batch_size=4],,,,oom,\n");
  EXPECT_EQ(proposed({came_out("a", "cpu", "x", 1, "passed")}), "");
}

TEST(Triage, APassAgainstAnExpectationIsNoFailureToExpect) {
  Outcome outcome = came_out("a", "cpu", "x", 1, "failed");
  outcome.observed = outcome::passed;
  EXPECT_EQ(proposed({outcome}), "");
}

TEST(Triage, AColumnThatIsNeededAndMissingIsNamed) {
  const std::vector<ProposedRow> rows = propose_rows({came_out("a", "cpu", "x", 1, "oom")});
  EXPECT_EQ(csv_of(rows, {"outcome", "case", "other", "reason"}), "oom,a/cpu/x[batch_size=1],,oom\n");
  try {
    csv_of(rows, {"model_name", "outcome", "reason"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::spec);
    EXPECT_EQ(error.message(), "the file has no column 'case', which the rows need");
  }
}

// Whatever came out: with the proposed rows every failure is known, and no pass becomes one.
TEST(Triage, TheRowsHoldForTheFailuresAndForNothingElse) {
  uint64_t seed = 23;
  const auto random = [&](uint64_t bound) {
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return (seed >> 33) % bound;
  };
  const TemporaryFolder folder;
  const char* words[] = {"passed", "passed", "error", "error", "oom", "crashed", "skipped", "implied_oom"};
  const char* errors[] = {"", "no kernel, \"x\"", "size 12", "size 4\nand more"};
  size_t rows_seen = 0, failures_seen = 0;
  for (int round = 0; round < 200; ++round) {
    std::vector<Outcome> outcomes;
    for (const char* model : {"org/a", "b, c", "#d"})
      for (const char* hardware : {"cpu", "cuda"})
        for (const char* name : {"x", "y"})
          for (const int64_t batch : {1, 4}) {
            // Some rounds fail by the model or by the hardware, so that there is something to group.
            const bool grouped =
                (round % 3 == 1 && hardware[1] == 'u') || (round % 3 == 2 && model[0] == 'b');
            const std::string_view word = grouped ? "error" : words[random(8)];
            const bool has_error = word == "error" || word == "oom";
            outcomes.push_back(came_out(model, hardware, name, batch, word,
                                        has_error ? errors[grouped ? 1 : random(4)] : ""));
          }
    const std::vector<ProposedRow> rows = propose_rows(outcomes);
    rows_seen += rows.size();
    write_file(folder.path() / "known.csv",
               join(proposed_columns(), ",") + "\n" + csv_of(rows, proposed_columns()), ErrorKind::usage);
    const Expectations known = read_expectations({folder.path() / "known.csv"});
    ASSERT_EQ(known.rows().size(), rows.size());
    for (const Outcome& each : outcomes) {
      Outcome judged = each;
      known.judge(judged, {std::chrono::year(2026), std::chrono::month(1), std::chrono::day(1)});
      failures_seen += is_failure(each.outcome);
      EXPECT_EQ(judged.outcome, is_failure(each.outcome) ? outcome::known_failure : each.outcome)
          << each.case_name << " " << judged.reason;
    }
  }
  EXPECT_LT(rows_seen * 3, failures_seen * 2) << "many tests share a row";
}

}  // namespace
}  // namespace testloom
