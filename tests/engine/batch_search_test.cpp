// The search for the largest batch size that fits, against a naive look at every size.
#include "engine/batch_search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/outcome_words.h"

namespace testloom {
namespace {

PlannedTest test_of(int64_t batch_size, std::vector<std::string> dependencies = {}) {
  PlannedTest test;
  test.model_name = "m";
  test.hardware_type = "cpu";
  test.template_name = "t";
  test.case_name = "m/cpu/t[batch_size=" + std::to_string(batch_size) + ",dtype=float16]";
  test.batch_size = batch_size;
  test.estimated_memory_gb = 1 + static_cast<double>(batch_size) / 10;
  test.dependencies = std::move(dependencies);
  return test;
}

BatchSearch search_of(const std::vector<int64_t>& planned) {
  std::vector<PlannedTest> tests;
  for (const int64_t size : planned) tests.push_back(test_of(size));
  return {tests, {"t-hash", "m-hash"}};
}

std::string_view outcome_at(int64_t batch_size, int64_t largest) {
  return batch_size <= largest ? outcome::passed : outcome::oom;
}

// As a run does it: ascending, until one runs out of memory.
void run_chain(BatchSearch& search, const std::vector<int64_t>& planned, int64_t largest) {
  for (const int64_t size : planned) {
    search.know(size, outcome_at(size, largest));
    if (size > largest) return;
  }
}

TEST(BatchSearch, FindsTheLargestThatFitsInAsManyStepsAsHalvingTakes) {
  std::mt19937 random(3);
  for (int i = 0; i < 500; ++i) {
    std::vector<int64_t> planned;
    for (int64_t size = 1 + random() % 4; size <= 4096; size += 1 + random() % (size * 4))
      planned.push_back(size);
    const int64_t largest = random() % 4200;
    BatchSearch search = search_of(planned);
    run_chain(search, planned, largest);
    const auto out = std::ranges::upper_bound(planned, largest);
    if (out == planned.end()) {
      EXPECT_FALSE(search.next() || search.found());
      continue;
    }
    const int64_t below = out == planned.begin() ? 0 : *(out - 1);
    int steps = 0;
    while (const auto test = search.next()) {
      ASSERT_TRUE(test->batch_size > below && test->batch_size < *out);
      EXPECT_NE(search.why().find(" and "), std::string::npos);
      search.know(test->batch_size, outcome_at(test->batch_size, largest));
      ++steps;
    }
    ASSERT_LE(1ll << steps, 2 * (*out - below));
    const FoundBatch found = search.found().value();
    EXPECT_EQ(found.passed.value_or(0), largest);
    EXPECT_EQ(found.ran_out, largest + 1);
    EXPECT_EQ(found.stopped, "");
  }
}

TEST(BatchSearch, TriesTheSameTestOtherwise) {
  BatchSearch search({test_of(8, {"a"}), test_of(32, {"a"})}, {"t-hash", "m-hash"});
  search.know(8, outcome::passed);
  EXPECT_FALSE(search.next());
  search.know(32, outcome::oom);
  const PlannedTest test = search.next().value();
  EXPECT_EQ(test.case_name, "m/cpu/t[batch_size=20,dtype=float16]");
  EXPECT_EQ(test.batch_size, 20);
  EXPECT_DOUBLE_EQ(test.estimated_memory_gb, 3);
  EXPECT_EQ(test.dependencies, std::vector<std::string>{"a"});
  EXPECT_EQ(test.test_id, search.id_at(20));
  EXPECT_NE(test.test_id, search.id_at(21));
  EXPECT_EQ(search.why(), "looking for the largest batch size between 8 and 32");
  EXPECT_EQ(search.found()->chain, "m/cpu/t[batch_size=*,dtype=float16]");
  EXPECT_TRUE(search.example().dependencies.empty());
}

TEST(BatchSearch, EndsWhereATestEndsOtherwise) {
  BatchSearch search = search_of({8, 32});
  search.know(8, outcome::passed);
  search.know(32, outcome::oom);
  search.know(20, outcome::timeout);
  EXPECT_FALSE(search.next());
  EXPECT_EQ(search.found()->stopped, "batch size 20 ended otherwise: timeout");
  EXPECT_EQ(search.found()->passed, 8);
  EXPECT_EQ(search.found()->ran_out, 32);
}

TEST(BatchSearch, BelowTheSmallestOfThePlanToo) {
  BatchSearch search = search_of({8});
  search.know(8, outcome::oom);
  EXPECT_EQ(search.next()->batch_size, 4);
  search.know(4, outcome::oom);
  search.know(2, outcome::oom);
  EXPECT_EQ(search.next()->batch_size, 1);
  search.know(1, outcome::oom);
  EXPECT_FALSE(search.next());
  EXPECT_FALSE(search.found()->passed);
  EXPECT_EQ(search.found()->ran_out, 1);
}

TEST(BatchSearch, LooksForNothingWhereTestsNeedOthersOfTheirBatchSize) {
  BatchSearch search({test_of(8, {"a"}), test_of(32, {"b"})}, {"t-hash", "m-hash"});
  search.know(8, outcome::passed);
  search.know(32, outcome::oom);
  EXPECT_FALSE(search.next());
  EXPECT_EQ(search.found()->stopped,
            "its tests need others, which there are for the plan's batch sizes only");
}

TEST(BatchSearch, APassBeyondWhatRanOutCounts) {
  BatchSearch search = search_of({8, 16, 32});
  search.know(8, outcome::oom);
  search.know(16, outcome::passed);
  EXPECT_FALSE(search.next() || search.found());
  search.know(32, outcome::oom);
  EXPECT_EQ(search.next()->batch_size, 24);
}

TEST(OtherBatch, CasesThatAreNotOfTheFormHaveNone) {
  const CaseParts parts{"m", "cpu", "t"};
  EXPECT_EQ(with_batch_size("m/cpu/t[batch_size=4]", parts, "*"), "m/cpu/t[batch_size=*]");
  for (const char* name :
       {"", "m", "m/cpu/t", "m/cpu/t[batch_size=]", "m/cpu/t[batch_size=4", "m/cpu/t[x=4]"})
    EXPECT_EQ(with_batch_size(name, parts, "*"), "") << name;
  // What looks like a label in a model's name or a value is none.
  const CaseParts hostile{"a[batch_size=1]/b", "cpu", "t"};
  EXPECT_EQ(with_batch_size("a[batch_size=1]/b/cpu/t[batch_size=4,x=[batch_size=2]]", hostile, "9"),
            "a[batch_size=1]/b/cpu/t[batch_size=9,x=[batch_size=2]]");
}

}  // namespace
}  // namespace testloom
