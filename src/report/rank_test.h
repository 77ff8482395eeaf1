// Whether two samples of a figure differ by more than chance: the Mann-Whitney U test, which knows nothing of
// how the figures are distributed, and the adjustment of its p-values where many are looked at together.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace testloom {

struct RankTest {
  double u = 0;        // pairs in which the first sample's figure is the larger one; equal ones count half
  double p = 1;        // two-sided
  double least_p = 1;  // that samples of these sizes could give at best
  bool exact = true;   // by counting; else by the normal approximation
};

// Mann and Whitney, "On a test of whether one of two random variables is stochastically larger than the
// other", 1947. Up to 400 pairs, p is exact also where figures are equal: the share of all ways to deal the
// figures out to two samples of these sizes whose rank sum lies as far out or farther, doubled for both sides
// (at most 1). Above, it comes from the normal distribution with corrections for ties and continuity.
// REQUIRES: finite figures. An empty sample gives p = 1.
RankTest rank_test(std::span<const double> first, std::span<const double> second);

// How many figures on each side it takes, so that the greatest difference has a p of at most `significance`
// among so many comparisons of which no other shows any.
size_t repetitions_needed(double significance, size_t comparisons);

// Benjamini and Hochberg, "Controlling the false discovery rate", 1995: the share of false findings to be
// expected among those with a p up to this one. In the order of `p`.
std::vector<double> adjusted_for_many(std::span<const double> p);

}  // namespace testloom
