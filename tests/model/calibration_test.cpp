// Corrections of estimates: what they recover, how little odd outcomes move them, and that their intervals
// hold what they say. How far they get on real measurements: scripts/report-estimates --calibrated.
#include "model/estimate/calibration.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "model/estimate/correction_table.h"

namespace testloom {
namespace {

using Observations = std::vector<Observation>;

// measured = (offset + scale * estimated) * e^(noise), for sizes spread evenly over logarithms.
class Truth {
 public:
  Truth(double offset, double scale, double noise, unsigned seed)
      : offset_(offset), scale_(scale), noise_(noise), random_(seed) {}

  Observation next() {
    const double estimated = 3e8 * std::exp(std::uniform_real_distribution(0.0, 3.0)(random_));
    return at(estimated);
  }
  Observation at(double estimated) {
    const double noise = std::normal_distribution(0.0, noise_)(random_);
    return {estimated, (offset_ + scale_ * estimated) * std::exp(noise)};
  }
  Observations some(size_t count) {
    Observations made;
    while (made.size() < count) made.push_back(next());
    return made;
  }
  double of(double estimated) const { return offset_ + scale_ * estimated; }

 private:
  double offset_, scale_, noise_;
  std::mt19937 random_;
};

void expect_same(const Correction& a, const Correction& b) {
  EXPECT_EQ(a.offset, b.offset);
  EXPECT_EQ(a.scale, b.scale);
  EXPECT_EQ(a.low, b.low);
  EXPECT_EQ(a.high, b.high);
  EXPECT_EQ(a.points, b.points);
  EXPECT_EQ(a.median_error_before, b.median_error_before);
  EXPECT_EQ(a.median_error_after, b.median_error_after);
}

TEST(Calibration, NothingKnownChangesNothing) {
  expect_same(fit_correction({}), Correction{});
  expect_same(fit_time_correction({}), Correction{});
  const double nan = std::nan("");
  const Observations useless = {{0, 1},   {1, 0},        {-1, 1},          {nan, 1},
                                {1, nan}, {1, INFINITY}, {1, 1, false, -1}};
  expect_same(fit_correction(useless), Correction{});
  expect_same(fit_time_correction(useless), Correction{});
  EXPECT_EQ(corrected({}, 123), 123);
}

TEST(Calibration, RecoversALineBehindOddOutcomes) {
  struct Case {
    double offset, scale;
  };
  for (const Case& c : {Case{0, 1}, Case{4e8, 1}, Case{-1.5e8, 1.2}, Case{0, 0.5}, Case{2e8, 2.5}}) {
    for (unsigned seed = 1; seed <= 10; ++seed) {
      Truth truth(c.offset, c.scale, 0.02, seed);
      Observations seen = truth.some(100);
      for (size_t i = 0; i < seen.size(); i += 5) seen[i].measured *= i % 2 ? 3 : 0.3;
      const Correction found = fit_correction(seen);
      for (const double estimated : {3e8, 1e9, 6e9}) {
        EXPECT_NEAR(corrected(found, estimated) / truth.of(estimated), 1, 0.04)
            << c.offset << " + " << c.scale << " x at " << estimated << ", seed " << seed;
      }
      EXPECT_LE(found.median_error_after, found.median_error_before + 0.01);
      EXPECT_EQ(found.points, 100u);
    }
  }
}

TEST(Calibration, OneOutcomeMovesPartOfTheWay) {
  for (const double ratio : {0.01, 0.5, 0.9, 1.1, 2.0, 100.0}) {
    const Observation only = {1e9, ratio * 1e9};
    const double memory = corrected(fit_correction(std::vector{only}), 1e9) / 1e9;
    const double time = corrected(fit_time_correction(std::vector{only}), 1e9) / 1e9;
    for (const double moved : {memory, time}) {
      EXPECT_GT(std::max(moved, 1.0), 1 + (ratio > 1 ? 1e-6 : -1e-6)) << ratio;
      EXPECT_GE(moved, std::min(ratio, 1.0)) << ratio;
      EXPECT_LE(moved, std::max(ratio, 1.0)) << ratio;
      EXPECT_NE(moved, 1) << ratio;
    }
    EXPECT_NEAR(memory, 1, 0.1) << "one odd outcome moves little: " << ratio;
  }
}

TEST(Calibration, SoonFollowsWhatAllOutcomesSay) {
  const Observations two(2, {1e9, 1.5e9});
  EXPECT_LT(corrected(fit_correction(two), 1e9), 1.45e9) << "two of one size are less than two";
  EXPECT_NEAR(corrected(fit_correction(Observations{{1e9, 1.5e9}, {2e9, 3e9}}), 1e9), 1.45e9, 0.06e9);
  Observations many;
  for (int i = 0; i < 30; ++i) many.push_back({1e9 + i * 1e8, (1e9 + i * 1e8) * 1.5});
  EXPECT_NEAR(corrected(fit_correction(many), 1e9), 1.5e9, 0.01e9);
  EXPECT_NEAR(corrected(fit_time_correction(many), 1e9), 1.5e9, 0.03e9);
}

TEST(Calibration, RepeatsOfOneTestCountAsTwoAtMost) {
  Observations seen(500, {1e9, 2e9});
  for (int i = 0; i < 8; ++i) seen.push_back({1e9 + 2e8 * (i + 1), 1e9 + 2e8 * (i + 1)});
  EXPECT_NEAR(corrected(fit_correction(seen), 1.5e9), 1.5e9, 0.05e9);
}

TEST(Calibration, FewSizesGiveOneNumber) {
  // 300 MB more in each: an offset; twice as much in each: a scale.
  const Correction more = fit_correction(Observations{{5e8, 8e8}, {1e9, 1.3e9}, {2e9, 2.3e9}});
  EXPECT_EQ(more.scale, 1);
  EXPECT_GT(more.offset, 2e8);
  const Correction twice = fit_correction(Observations{{5e8, 1e9}, {1e9, 2e9}, {2e9, 4e9}});
  EXPECT_EQ(twice.offset, 0);
  EXPECT_GT(twice.scale, 1.8);
  const Correction one_size = fit_correction(Observations{{5e8, 1e9}, {5.001e8, 1e9}, {5e8, 1.01e9}});
  EXPECT_EQ(one_size.offset, 0);
}

TEST(Calibration, DoesNotDependOnTheOrder) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    Observations seen = Truth(1e8, 1.1, 0.3, seed).some(40);
    for (size_t i = 0; i < seen.size(); i += 7) seen[i].is_lower_bound = true;
    const Correction memory = fit_correction(seen);
    const Correction time = fit_time_correction(seen);
    std::shuffle(seen.begin(), seen.end(), std::mt19937(seed));
    expect_same(fit_correction(seen), memory);
    expect_same(fit_time_correction(seen), time);
  }
}

TEST(Calibration, AnswersArePositiveAndGrow) {
  std::mt19937 random(5);
  for (int round = 0; round < 300; ++round) {
    Observations seen;
    const auto count = std::uniform_int_distribution(1, 12)(random);
    for (int i = 0; i < count; ++i) {
      const auto any = [&] { return std::exp(std::uniform_real_distribution(-20.0, 30.0)(random)); };
      seen.push_back({any(), any(), std::bernoulli_distribution(0.3)(random)});
    }
    for (const Correction& found : {fit_correction(seen), fit_time_correction(seen)}) {
      EXPECT_TRUE(std::isfinite(found.offset));
      EXPECT_GT(found.low, 0);
      EXPECT_LE(found.low, 1);
      EXPECT_GE(found.high, 1);
      EXPECT_TRUE(std::isfinite(found.high));
      double before = 0;
      for (double estimated = 1e-9; estimated < 1e14; estimated *= 3) {
        const double now = corrected(found, estimated);
        EXPECT_GT(now, 0);
        EXPECT_GE(now, before) << found.offset << " + " << found.scale << " * " << estimated;
        before = now;
      }
      EXPECT_GT(before, corrected(found, 1e12));
    }
    const Correction memory = fit_correction(seen);
    EXPECT_GE(memory.scale, least_memory_scale);
    EXPECT_LE(memory.scale, most_memory_scale);
    const Correction time = fit_time_correction(seen);
    EXPECT_EQ(time.offset, 0);
    EXPECT_GE(time.scale, least_time_scale);
    EXPECT_LE(time.scale, most_time_scale);
  }
}

TEST(Calibration, LowerBoundsPushUpAlone) {
  const Observations seen = Truth(0, 1.2, 0.02, 3).some(12);
  const Correction without = fit_correction(seen);
  const auto with = [&](double ratio) {
    Observations more = seen;
    for (int i = 0; i < 6; ++i) more.push_back({1e9 * (i + 1), ratio * 1e9 * (i + 1), true});
    return more;
  };
  // Bounds that lie below what is expected say nothing new; those above do.
  EXPECT_NEAR(corrected(fit_correction(with(0.3)), 2e9), corrected(without, 2e9), 0.01e9);
  EXPECT_GT(corrected(fit_correction(with(1.8)), 2e9), corrected(without, 2e9) + 0.05e9);
  EXPECT_NEAR(corrected(fit_time_correction(with(0.3)), 2e9), corrected(fit_time_correction(seen), 2e9),
              0.02e9);
  EXPECT_GT(corrected(fit_time_correction(with(1.8)), 2e9),
            corrected(fit_time_correction(seen), 2e9) + 0.05e9);
  // Alone, too: out of memory at twice the estimate is heard, at half of it is not.
  EXPECT_GT(corrected(fit_correction(Observations{{1e9, 2e9, true}, {2e9, 4e9, true}}), 1e9), 1.5e9);
  EXPECT_EQ(corrected(fit_correction(Observations{{1e9, 5e8, true}, {2e9, 1e9, true}}), 1e9), 1e9);
}

// The share of outcomes still to come that the interval holds, over many corrections from `count` each.
double held(size_t count, double noise, double odd,
            Correction (*fit)(std::span<const Observation>, const Correction&)) {
  std::mt19937 random(11);
  size_t inside = 0, all = 0;
  for (unsigned seed = 1; seed <= 400; ++seed) {
    Truth truth(0, std::exp(std::normal_distribution(0.0, 0.1)(random)), noise, seed);
    const auto make = [&] {
      Observation made = truth.next();
      if (std::bernoulli_distribution(odd)(random)) made.measured *= 1.6;
      return made;
    };
    Observations seen;
    while (seen.size() < count) seen.push_back(make());
    const Correction found = fit(seen, {});
    for (int i = 0; i < 20; ++i, ++all) {
      const Observation next = make();
      const double ratio = next.measured / corrected(found, next.estimated);
      inside += ratio >= found.low && ratio <= found.high;
    }
  }
  return static_cast<double>(inside) / static_cast<double>(all);
}

TEST(Calibration, TheIntervalHoldsNineOfTen) {
  for (const size_t count : {1, 2, 3, 5, 10, 20, 50, 200}) {
    for (const double noise : {0.01, 0.05, 0.1}) {
      EXPECT_GE(held(count, noise, 0, fit_correction), 0.88) << count << " points, noise " << noise;
      EXPECT_GE(held(count, noise, 0, fit_time_correction), 0.88) << count << " points, noise " << noise;
    }
    if (count >= 10) {
      EXPECT_GE(held(count, 0.03, 0.15, fit_correction), 0.86) << count << " points, some odd";
    }
  }
  // It is no larger than it has to be where much is known, and never less than repeats differ by.
  const Correction known = fit_correction(Truth(0, 1.3, 0.1, 1).some(500));
  EXPECT_NEAR(std::log(known.high), 1.645 * 0.1, 0.04);
  EXPECT_NEAR(std::log(known.low), -1.645 * 0.1, 0.04);
  const Correction exact = fit_correction(Truth(0, 1.3, 0, 1).some(500));
  EXPECT_GE(exact.high, 1.04);
  EXPECT_LE(exact.low, 1 / 1.04);
}

TEST(Calibration, TimesOverOrdersOfMagnitude) {
  std::mt19937 random(7);
  Observations seen;
  for (int i = 0; i < 60; ++i) {
    const double estimated = std::pow(10.0, std::uniform_real_distribution(-4.0, 4.0)(random));
    seen.push_back({estimated, 8 * estimated * std::exp(std::normal_distribution(0.0, 0.3)(random))});
    if (i % 5 == 0) seen.back().measured *= 40;
  }
  const Correction found = fit_time_correction(seen);
  EXPECT_EQ(found.offset, 0);
  EXPECT_NEAR(found.scale, 8, 1.6);
  EXPECT_LT(found.median_error_after, 0.4);
  EXPECT_GT(found.median_error_before, 0.8);
}

KeyedObservation keyed(const char* hardware_type, const char* model_type, double estimated, double measured) {
  return {{hardware_type, model_type}, {estimated, measured}};
}

TEST(CorrectionTable, FallsBackToTheDevice) {
  std::vector<KeyedObservation> seen;
  for (int i = 1; i <= 10; ++i) {
    seen.push_back(keyed("cuda", "bert", i * 1e9, i * 1.3e9));
    seen.push_back(keyed("cuda", "gpt2", i * 1e9, i * 1.4e9));
    seen.push_back(keyed("cpu", "bert", i * 1e9, i * 0.9e9));
  }
  const CorrectionTable table = fit_corrections(seen);
  EXPECT_EQ(table.size(), 5u);
  ASSERT_TRUE(find_correction(table, "cuda", "bert"));
  EXPECT_NEAR(corrected(*find_correction(table, "cuda", "bert"), 5e9), 6.5e9, 0.1e9);
  EXPECT_NEAR(corrected(*find_correction(table, "cuda", "gpt2"), 5e9), 7e9, 0.1e9);
  const Correction* other = find_correction(table, "cuda", "llama");
  ASSERT_TRUE(other);
  EXPECT_EQ(other, find_correction(table, "cuda", ""));
  EXPECT_GT(corrected(*other, 5e9), 6e9);
  EXPECT_LT(corrected(*other, 5e9), 7e9);
  EXPECT_GT(other->high, find_correction(table, "cuda", "bert")->high) << "less is known of another";
  EXPECT_LT(corrected(*find_correction(table, "cpu", "bert"), 5e9), 5e9);
  EXPECT_EQ(find_correction(table, "rocm", "bert"), nullptr);
  EXPECT_TRUE(fit_corrections({}).empty());
  EXPECT_TRUE(fit_corrections({keyed("cpu", "bert", 0, 1)}).empty());
}

TEST(CorrectionTable, AKeyWithLittleOfItsOwnFollowsTheOthers) {
  std::vector<KeyedObservation> seen;
  for (const char* type : {"bert", "gpt2", "vit", "t5", "opt"}) {
    for (int i = 1; i <= 6; ++i) seen.push_back(keyed("cpu", type, i * 1e9, i * 1.5e9));
  }
  seen.push_back(keyed("cpu", "llama", 2e9, 6e9));
  const CorrectionTable table = fit_corrections(seen);
  const Correction* llama = find_correction(table, "cpu", "llama");
  ASSERT_TRUE(llama);
  EXPECT_EQ(llama->points, 1u);
  EXPECT_NEAR(corrected(*llama, 2e9), 3e9, 0.4e9) << "one odd outcome beside what is known of the device";
  // One architecture's thousand tests do not say what another's take.
  for (int i = 1; i <= 1000; ++i) seen.push_back(keyed("cpu", "swin", i * 1e7, i * 3e7));
  const CorrectionTable more = fit_corrections(seen);
  EXPECT_NEAR(corrected(*find_correction(more, "cpu", "mamba"), 2e9), 3e9, 0.4e9);
  EXPECT_NEAR(corrected(*find_correction(more, "cpu", "swin"), 2e9), 6e9, 0.1e9);
}

TEST(CorrectionTable, OfTimes) {
  std::vector<KeyedObservation> seen;
  for (int i = 1; i <= 20; ++i) seen.push_back(keyed("cpu", "bert", i * 0.01, i * 0.2));
  const CorrectionTable table = fit_corrections(seen, CorrectionKind::time);
  EXPECT_NEAR(find_correction(table, "cpu", "bert")->scale, 20, 2);
}

}  // namespace
}  // namespace testloom
