// The rank test against a naive reference and against SciPy's figures, and p-values adjusted for many.
#include "report/rank_test.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include "base/text.h"

namespace testloom {
namespace {

std::vector<double> figures_of(const std::string& words) {
  std::istringstream stream(words);
  std::vector<double> figures;
  for (double figure; stream >> figure;) figures.push_back(figure);
  return figures;
}

double pairs_above(const std::vector<double>& first, const std::vector<double>& second) {
  double u = 0;
  for (const double a : first)
    for (const double b : second) u += a > b ? 1 : a == b ? 0.5 : 0;
  return u;
}

// By the definition: over every way to deal the figures out, how often U is as far out or farther.
double naive_p(const std::vector<double>& first, const std::vector<double>& second) {
  std::vector<double> all = first;
  all.insert(all.end(), second.begin(), second.end());
  const double own = pairs_above(first, second);
  double ways = 0, up_to = 0, from = 0;
  for (unsigned chosen = 0; chosen < 1u << all.size(); ++chosen) {
    std::vector<double> a, b;
    for (size_t i = 0; i < all.size(); ++i) (chosen >> i & 1 ? a : b).push_back(all[i]);
    if (a.size() != first.size()) continue;
    const double u = pairs_above(a, b);
    ++ways;
    up_to += u <= own;
    from += u >= own;
  }
  return std::min(1.0, 2 * std::min(up_to, from) / ways);
}

TEST(RankTest, AgreesWithTheNaiveReference) {
  uint64_t seed = 3;
  const auto random = [&](uint64_t bound) {
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return (seed >> 33) % bound;
  };
  for (int round = 0; round < 300; ++round) {
    const uint64_t kinds = round % 2 ? 4 : 1000;  // many ties, few ties
    std::vector<double> first(1 + random(5)), second(1 + random(6));
    for (double& figure : first) figure = static_cast<double>(random(kinds));
    for (double& figure : second) figure = static_cast<double>(random(kinds)) + (round % 3 ? 0 : 1);
    const RankTest test = rank_test(first, second);
    ASSERT_TRUE(test.exact);
    ASSERT_DOUBLE_EQ(test.u, pairs_above(first, second));
    ASSERT_NEAR(test.p, naive_p(first, second), 1e-12) << round;
    ASSERT_GE(test.p, test.least_p - 1e-12) << round;
    ASSERT_DOUBLE_EQ(rank_test(second, first).p, test.p) << "the same from the other side";
  }
}

TEST(RankTest, AgreesWithSciPy) {
  std::ifstream file(TESTLOOM_SOURCE_DIR "/tests/report/rank_test_figures.tsv");
  int compared = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    const std::vector<std::string> parts = split(line, '\t');
    ASSERT_EQ(parts.size(), 5u) << line;
    const std::vector<double> first = figures_of(parts[1]), second = figures_of(parts[2]);
    ++compared;
    if (parts[0] == "many") {
      const std::vector<double> adjusted = adjusted_for_many(first);
      ASSERT_EQ(adjusted.size(), second.size());
      for (size_t i = 0; i < adjusted.size(); ++i) EXPECT_NEAR(adjusted[i], second[i], 1e-12) << line;
      continue;
    }
    const RankTest test = rank_test(first, second);
    EXPECT_EQ(test.exact, parts[0] != "normal") << line;
    EXPECT_DOUBLE_EQ(test.u, std::stod(parts[3])) << line;
    EXPECT_NEAR(test.p, std::stod(parts[4]), 1e-12) << line;
  }
  EXPECT_EQ(compared, 52);
}

TEST(RankTest, SaysWhatSamplesOfASizeCanGiveAtBest) {
  EXPECT_DOUBLE_EQ(rank_test(std::vector<double>{1}, std::vector<double>{2}).least_p, 1);
  EXPECT_NEAR(rank_test(std::vector<double>{1, 2, 3}, std::vector<double>{4, 5, 6}).least_p, 0.1, 1e-12);
  EXPECT_NEAR(rank_test(std::vector<double>{1, 2, 3, 4}, std::vector<double>{5, 6, 7, 8}).p, 2.0 / 70, 1e-12);
}

TEST(RankTest, SaysHowManyRepetitionsItTakes) {
  for (const auto& [comparisons, wanted] : {std::pair<size_t, size_t>{1, 4}, {10, 6}, {1000, 9}}) {
    EXPECT_EQ(repetitions_needed(0.05, comparisons), wanted);
    std::vector<double> low(wanted, 0.0), high(wanted, 1.0), p(comparisons, 1.0);
    p[0] = rank_test(low, high).p;
    EXPECT_LE(adjusted_for_many(p)[0], 0.05);
    low.pop_back();
    high.pop_back();
    p[0] = rank_test(low, high).p;
    EXPECT_GT(adjusted_for_many(p)[0], 0.05);
  }
}

TEST(RankTest, SamplesThatSayNothingGiveOne) {
  const std::vector<double> none, one = {1}, same(30, 2.5);
  EXPECT_EQ(rank_test(none, one).p, 1);
  EXPECT_EQ(rank_test(one, none).p, 1);
  EXPECT_EQ(rank_test(same, same).p, 1) << "equal figures, in the approximation";
  EXPECT_EQ(rank_test(std::vector<double>(5, 1.0), std::vector<double>(5, 1.0)).p, 1);
  EXPECT_TRUE(adjusted_for_many({}).empty());
}

}  // namespace
}  // namespace testloom
