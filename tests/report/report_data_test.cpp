// What a report is made of: which result of a case counts, which runs are read, and what an older store
// tells.
#include "report/html/report_data.h"

#include <map>
#include <random>
#include <tuple>

#include "base/outcome_words.h"
#include "report/html/case_name.h"
#include "report_fixture.h"

namespace testloom {
namespace {

class ReportData_ : public ReportFixture {
 protected:
  // What is told of each test, as "model/batch: outcome of RUN".
  std::vector<std::string> told(const ReportData& data) {
    std::vector<std::string> lines;
    for (const ReportedTest& test : data.tests) {
      lines.push_back(fmt::format("{}/{}: {} of {}", data.models[test.model], data.batch_sizes[test.batch],
                                  data.outcomes[test.outcome], data.runs[test.run].run_id));
    }
    return lines;
  }
  std::string refusal(const ReportRequest& request) {
    try {
      read(request);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage);
      return error.what();
    }
    return "no error";
  }
};

TEST_F(ReportData_, TellsTheLatestResultOfEveryCase) {
  add_run("r1");
  add_run("r2");
  add({.run_id = "r1", .batch_size = 1, .outcome = "failed"});
  add({.run_id = "r1", .batch_size = 16, .outcome = "oom"});
  add({.run_id = "r2", .batch_size = 1});
  const ReportData data = read();
  EXPECT_EQ(told(data), (std::vector<std::string>{"bert/16: oom of r1", "bert/1: passed of r2"}));
  ASSERT_EQ(data.past.size(), 1u);
  EXPECT_EQ(data.outcomes[data.past[0].outcome], "failed");
  EXPECT_EQ(data.past[0].test, 1);
  EXPECT_EQ(data.runs[0].outcomes, (std::vector<std::pair<std::string, int64_t>>{{"failed", 1}, {"oom", 1}}));
}

TEST_F(ReportData_, OfAttemptsTheLastCountsAndOfRepetitionsTheWorst) {
  add_run("r1");
  add({.run_id = "r1", .outcome = "failed", .attempt = 1});
  add({.run_id = "r1", .outcome = "passed", .attempt = 2});
  add({.run_id = "r1", .model_name = "gpt", .outcome = "passed", .repetition = 1});
  add({.run_id = "r1", .model_name = "gpt", .outcome = "timeout", .repetition = 2});
  add({.run_id = "r1", .model_name = "gpt", .outcome = "failed", .repetition = 3});
  const ReportData data = read();
  EXPECT_EQ(told(data), (std::vector<std::string>{"bert/1: passed of r1", "gpt/1: timeout of r1"}));
  EXPECT_TRUE(data.tests[0].is_flaky);
  EXPECT_FALSE(data.tests[1].is_flaky);
}

TEST_F(ReportData_, APassAfterAnInterruptionIsNotFlaky) {
  add_run("r1");
  add({.run_id = "r1", .outcome = "interrupted", .attempt = 1});
  add({.run_id = "r1", .outcome = "passed", .attempt = 2});
  add({.run_id = "r1", .model_name = "gpt", .outcome = "passed", .attempt = 1});
  const ReportData data = read();
  EXPECT_EQ(told(data), (std::vector<std::string>{"bert/1: passed of r1", "gpt/1: passed of r1"}));
  EXPECT_FALSE(data.tests[0].is_flaky);
  EXPECT_FALSE(data.tests[1].is_flaky);
}

TEST_F(ReportData_, ReadsOnlyTheRunsOrThePlanThatAreAskedFor) {
  add_plan(1, "nightly");
  add_plan(2, "weekly");
  add_run("20260131-a", 1);
  add_run("20260131-b", 2);
  add_run("20260201-c", 1);
  add({.run_id = "20260131-a", .outcome = "failed"});
  add({.run_id = "20260131-b", .outcome = "error"});
  add({.run_id = "20260201-c"});
  EXPECT_EQ(told(read({{"20260131-a", "20260131-b"}, {}})),
            (std::vector<std::string>{"bert/1: error of 20260131-b"}));
  EXPECT_EQ(told(read({{"20260131-a"}, {}})), (std::vector<std::string>{"bert/1: failed of 20260131-a"}));
  EXPECT_EQ(told(read({{"2026020"}, {}})), (std::vector<std::string>{"bert/1: passed of 20260201-c"}));
  EXPECT_EQ(told(read({{}, "weekly"})), (std::vector<std::string>{"bert/1: error of 20260131-b"}));
  EXPECT_EQ(read({{}, "1"}).runs.size(), 2u);
}

TEST_F(ReportData_, RefusesRunsAndPlansThatAreNotThere) {
  EXPECT_EQ(refusal({}), "no test has run in this store yet\n  `testloom run` runs the latest plan");
  add_run("20260131-a");
  add_run("20260131-b");
  add({.run_id = "20260131-a"});
  EXPECT_EQ(refusal({{"x"}, {}}), "there is no run 'x'\n  the latest is 20260131-b");
  EXPECT_EQ(refusal({{"2026"}, {}}), "several runs begin with '2026'\n  such as 20260131-a and 20260131-b");
  EXPECT_EQ(refusal({{}, "weekly"}), "there is no plan 'weekly'\n  `testloom plan list` shows all");
  EXPECT_EQ(refusal({{"20260131-b"}, {}}),
            "no outcome is known of these runs\n  `testloom run` runs the latest plan");
}

TEST_F(ReportData_, ComparesAnEstimateWithTheMemoryOfThePlaceThatItIsOf) {
  add_run("r1");
  const std::string both =
      "peak_memory_bytes = 100, peak_device_memory_bytes = 7, estimated_memory_bytes = 90";
  add({.run_id = "r1", .hardware_type = "cpu", .more = both});
  add({.run_id = "r1", .hardware_type = "cuda", .more = both});
  add({.run_id = "r1",
       .hardware_type = "rocm",
       .more = "peak_memory_bytes = 100, estimated_memory_bytes = 90"});
  add({.run_id = "r1",
       .hardware_type = "server",  // a name of the user's for a processor
       .more = "peak_memory_bytes = 100, estimated_memory_bytes = 90, estimated_host_memory_bytes = 90"});
  const ReportData data = read();
  ASSERT_EQ(data.tests.size(), 4u);
  EXPECT_EQ(data.tests[0].memory_bytes, 100);
  EXPECT_EQ(data.tests[1].memory_bytes, 7);
  EXPECT_EQ(data.tests[2].memory_bytes, std::nullopt);
  EXPECT_EQ(data.tests[3].memory_bytes, 100);
}

TEST_F(ReportData_, TakesFiguresFromResultsOfAnyForm) {
  add_run("r1");
  add({.run_id = "r1",
       .batch_size = 1,
       .more = R"(result = '{"latency_s": {"p50": 0.25, "p95": "NaN"}, "throughput_per_s": "Infinity"}')"});
  add({.run_id = "r1", .batch_size = 2, .more = R"(result = '{"latency_s": 5, "throughput_per_s": [1]}')"});
  add({.run_id = "r1", .batch_size = 4, .more = R"(result = '[]')"});
  const ReportData data = read();
  EXPECT_EQ(data.tests[0].p50_s, 0.25);
  EXPECT_EQ(data.tests[0].p95_s, std::nullopt);
  EXPECT_EQ(data.tests[0].throughput_per_s, std::nullopt);
  EXPECT_EQ(data.tests[1].p50_s, std::nullopt);
  EXPECT_EQ(data.tests[2].p50_s, std::nullopt);
}

TEST_F(ReportData_, OlderRowsAreReadByTheirCase) {
  add_run("r1");
  connection().query(
      "INSERT INTO outcomes (run_id, test_id, \"case\", attempt, outcome, started_at, repetition) VALUES "
      "('r1', uuid(), 'a/b[c]/cuda/vision[batch_size=8,dtype=float16]', 1, 'passed', now(), NULL)");
  const ReportData data = read();
  ASSERT_EQ(data.tests.size(), 1u);
  const ReportedTest& test = data.tests[0];
  EXPECT_EQ(data.models[test.model], "a/b[c]");
  EXPECT_EQ(data.hardware_types[test.hardware], "cuda");
  EXPECT_EQ(data.templates[test.name], "vision");
  EXPECT_EQ(data.batch_sizes[test.batch], 8);
  EXPECT_EQ(data.axes[test.axes], "dtype=float16");
}

TEST(CaseName, IsTakenApartFromItsEnd) {
  EXPECT_EQ(parse_case("m/cpu/t[batch_size=1]").axes, "");
  EXPECT_EQ(parse_case("no form").model_name, "no form");
  EXPECT_EQ(parse_case("").model_name, "");
  EXPECT_EQ(parse_case("x[batch_size=").batch_size, 0);
  EXPECT_EQ(parse_case("x[batch_size=1/cpu/t[batch_size=64,a=b,c=d]").model_name, "x[batch_size=1");
}

// The same by a loop over all rows, on random stores.
TEST_F(ReportData_, AgreesWithALoopOverAllRows) {
  std::mt19937 random(20260131);
  const auto below = [&random](int limit) {
    return static_cast<int>(random() % static_cast<unsigned>(limit));
  };
  using Place = std::tuple<int, std::string>;  // run, case
  std::map<std::tuple<int, std::string, int>, std::pair<int, std::string>>
      last;  // + repetition: attempt, outcome
  for (int run = 0; run < 4; ++run) add_run(fmt::format("r{}", run));
  for (int i = 0; i < 250; ++i) {
    const int run = below(4);
    OutcomeRow row{.run_id = fmt::format("r{}", run),
                   .model_name = fmt::format("m{}", below(6)),
                   .batch_size = 1 << below(3)};
    row.outcome = outcome::by_severity[static_cast<size_t>(below(10))];
    row.repetition = 1 + below(2);
    row.attempt = 1 + below(9);
    auto& known = last[{run, row.case_name(), row.repetition}];
    if (known.first == row.attempt) continue;
    add(row);
    if (row.attempt > known.first) known = {row.attempt, row.outcome};
  }
  const auto severity = [](const std::string& word) {
    return std::find(outcome::by_severity.begin(), outcome::by_severity.end(), word) -
           outcome::by_severity.begin();
  };
  std::map<Place, std::string> worst;
  for (const auto& [place, found] : last) {
    std::string& word = worst[{std::get<0>(place), std::get<1>(place)}];
    if (word.empty() || severity(found.second) > severity(word)) word = found.second;
  }
  std::map<std::string, std::string> expected;  // runs come in ascending order
  for (const auto& [place, word] : worst) {
    expected[std::get<1>(place)] = fmt::format("{} of r{}", word, std::get<0>(place));
  }
  const ReportData data = read();
  std::map<std::string, std::string> got;
  for (const ReportedTest& test : data.tests) {
    const std::string name =
        fmt::format("{}/cpu/embedding[batch_size={}]", data.models[test.model], data.batch_sizes[test.batch]);
    got[name] = fmt::format("{} of {}", data.outcomes[test.outcome], data.runs[test.run].run_id);
  }
  EXPECT_EQ(got, expected);
  EXPECT_EQ(data.past.size(), worst.size() - expected.size());
}

}  // namespace
}  // namespace testloom
