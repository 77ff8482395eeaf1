#include "report/rank_test.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace testloom {

namespace {

constexpr size_t kMostExactPairs = 400;

struct Ranked {
  std::vector<int64_t> doubled;  // twice the rank of each figure, in ascending order; equal ones share a mean
  int64_t first_sum = 0;         // of the first sample's
  double ties = 0;               // the sum of t³ - t over groups of t equal figures
};

Ranked rank(std::span<const double> first, std::span<const double> second) {
  std::vector<std::pair<double, bool>> figures;
  for (const double figure : first) figures.emplace_back(figure, true);
  for (const double figure : second) figures.emplace_back(figure, false);
  std::sort(figures.begin(), figures.end());
  Ranked ranked;
  for (size_t begin = 0; begin < figures.size();) {
    size_t end = begin;
    while (end < figures.size() && figures[end].first == figures[begin].first) ++end;
    const int64_t doubled = static_cast<int64_t>(begin + 1 + end);
    const auto equal = static_cast<double>(end - begin);
    ranked.ties += equal * equal * equal - equal;
    for (; begin < end; ++begin) {
      ranked.doubled.push_back(doubled);
      if (figures[begin].second) ranked.first_sum += doubled;
    }
  }
  return ranked;
}

// ways[k][s]: how many choices of k figures have the doubled rank sum s.
std::vector<std::vector<double>> ways_to_choose(const std::vector<int64_t>& doubled, size_t count) {
  const int64_t most =
      std::accumulate(doubled.end() - static_cast<int64_t>(count), doubled.end(), int64_t{0});
  std::vector<std::vector<double>> ways(count + 1, std::vector<double>(static_cast<size_t>(most) + 1, 0));
  ways[0][0] = 1;
  for (const int64_t each : doubled) {
    const auto step = static_cast<size_t>(each);
    for (size_t k = count; k > 0; --k) {
      for (size_t sum = step; sum < ways[k].size(); ++sum) ways[k][sum] += ways[k - 1][sum - step];
    }
  }
  return ways;
}

// Of the smaller sample, since that takes less: the larger one's rank sum is what is left.
double exact_p(const Ranked& ranked, size_t first, size_t second) {
  const int64_t all_ranks = std::accumulate(ranked.doubled.begin(), ranked.doubled.end(), int64_t{0});
  const std::vector<double> ways = std::move(ways_to_choose(ranked.doubled, std::min(first, second)).back());
  const auto own = ways.begin() + (first <= second ? ranked.first_sum : all_ranks - ranked.first_sum);
  const double all = std::accumulate(ways.begin(), ways.end(), 0.0);
  const double up_to = std::accumulate(ways.begin(), own + 1, 0.0);
  const double from = std::accumulate(own, ways.end(), 0.0);
  return std::min(1.0, 2 * std::min(up_to, from) / all);
}

double approximate_p(const Ranked& ranked, double u, double first, double second) {
  const double all = first + second;
  const double variance = first * second / 12 * (all + 1 - ranked.ties / (all * (all - 1)));
  if (variance <= 0) return 1;  // all figures are equal
  const double distance = std::abs(u - first * second / 2);
  return std::min(1.0, std::erfc((distance - 0.5) / std::sqrt(2 * variance)));
}

// Two of all the ways to deal them out: all low ones to one side.
double least_p_of(double first, double second) {
  const double ways = std::lgamma(first + second + 1) - std::lgamma(first + 1) - std::lgamma(second + 1);
  return std::min(1.0, 2 * std::exp(-ways));
}

}  // namespace

RankTest rank_test(std::span<const double> first, std::span<const double> second) {
  RankTest test;
  if (first.empty() || second.empty()) return test;
  const Ranked ranked = rank(first, second);
  const auto n = static_cast<double>(first.size()), m = static_cast<double>(second.size());
  test.u = static_cast<double>(ranked.first_sum) / 2 - n * (n + 1) / 2;
  test.exact = first.size() * second.size() <= kMostExactPairs;
  test.p = test.exact ? exact_p(ranked, first.size(), second.size()) : approximate_p(ranked, test.u, n, m);
  test.least_p = least_p_of(n, m);
  return test;
}

size_t repetitions_needed(double significance, size_t comparisons) {
  double each = 1;
  while (least_p_of(each, each) * static_cast<double>(std::max<size_t>(1, comparisons)) > significance)
    ++each;
  return static_cast<size_t>(each);
}

std::vector<double> adjusted_for_many(std::span<const double> p) {
  std::vector<size_t> order(p.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return p[a] > p[b]; });
  std::vector<double> adjusted(p.size());
  double least = 1;
  for (size_t i = 0; i < order.size(); ++i) {
    const auto place = static_cast<double>(p.size() - i);
    least = std::min(least, p[order[i]] * static_cast<double>(p.size()) / place);
    adjusted[order[i]] = least;
  }
  return adjusted;
}

}  // namespace testloom
