#include "model/estimate/calibration.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>
#include <vector>

#include <boost/math/distributions/students_t.hpp>

#include "model/estimate/robust_line.h"

namespace testloom {

namespace {

constexpr double same_size = 1.01;  // estimates closer than this are taken for one test's
constexpr double repeats_share =
    0.5;  // of what a test's repeats tell is the same in each; two at most are counted
constexpr size_t sizes_for_both = 4;   // an offset and a scale need so many sizes,
constexpr double range_for_both = 2;   // and the largest so many times the smallest
constexpr double outside = 0.05;       // of tests lie on each side of the interval
constexpr double memory_floor = 1.04;  // what repeats of one test differ by
constexpr double time_floor = 1.10;
constexpr double widest = 100;  // in logarithms, so that bounds are numbers

bool is_usable(const Observation& each) {
  const auto is_size = [](double value) { return std::isfinite(value) && value > 0; };
  return is_size(each.estimated) && is_size(each.measured) && (each.weight == 0 || is_size(each.weight));
}

// In an order of their own, so that sums do not depend on the order that they came in.
std::vector<Observation> usable(std::span<const Observation> observations) {
  std::vector<Observation> kept;
  std::ranges::copy_if(observations, std::back_inserter(kept), is_usable);
  std::ranges::sort(kept, {}, [](const Observation& each) {
    return std::tuple(each.estimated, each.measured, each.is_lower_bound, each.weight);
  });
  return kept;
}

// Gives weights to those that have none, and returns how many sizes there are.
size_t weigh(std::vector<Observation>& sorted) {
  size_t sizes = 0;
  for (size_t first = 0; first < sorted.size(); ++sizes) {
    size_t last = first + 1;
    while (last < sorted.size() && sorted[last].estimated <= same_size * sorted[first].estimated) ++last;
    const auto count = static_cast<double>(last - first);
    for (; first < last; ++first) {
      if (sorted[first].weight == 0) sorted[first].weight = 1 / (1 + (count - 1) * repeats_share);
    }
  }
  return sizes;
}

double median_error(const std::vector<Observation>& observations, const Correction& correction) {
  std::vector<Weighted> errors;
  for (const Observation& each : observations) {
    if (each.is_lower_bound) continue;
    errors.push_back({std::abs(corrected(correction, each.estimated) / each.measured - 1), 1});
  }
  return errors.empty() ? 0 : weighted_quantile(errors, 0.5);
}

// The largest value that no more than `weight` lies up to, or the first.
double value_at(std::vector<Weighted> values, double weight) {
  std::ranges::sort(values, {}, &Weighted::value);
  double below = 0;
  double value = values.front().value;
  for (const Weighted& each : values) {
    below += each.weight;
    if (below > weight + 1e-9) break;
    value = each.value;
  }
  return value;
}

// A prediction interval of Student's t for the spread that was found, and so wide that it holds the
// observations from the 5th to the 95th of a hundred (of fewer than 40, all): the first is right for few of
// them, the second for odd ones.
void set_interval(Correction& correction, const std::vector<Observation>& observations,
                  const SpreadPrior& prior, double free_numbers, double floor) {
  double count = 0;
  std::vector<Weighted> errors, mirrored;
  for (const Observation& each : observations) {
    count += each.weight;
    const double error = std::log(each.measured / corrected(correction, each.estimated));
    if (each.is_lower_bound && error <= 0) continue;
    errors.push_back({error, each.weight});
    mirrored.push_back({-error, each.weight});
  }
  const boost::math::students_t student(std::max(1.0, count + 2 - free_numbers));
  const double width = boost::math::quantile(student, 1 - outside) * robust_spread(errors, prior) *
                       std::sqrt(1 + free_numbers / count);
  double low = std::max(std::log(floor), width);
  double high = low;
  if (!errors.empty()) {
    low = std::max(low, -value_at(std::move(errors), outside * (count + 1)));
    high = std::max(high, -value_at(std::move(mirrored), outside * (count + 1)));
  }
  correction.low = std::exp(-std::min(low, widest));
  correction.high = std::exp(std::min(high, widest));
}

void set_errors(Correction& correction, const std::vector<Observation>& observations) {
  correction.points = observations.size();
  correction.median_error_before = median_error(observations, {});
  correction.median_error_after = median_error(observations, correction);
}

// The prior, said to rest on no observation.
Correction bare(const Correction& prior) {
  Correction correction = prior;
  correction.points = 0;
  correction.median_error_before = correction.median_error_after = 0;
  return correction;
}

// A line from the prior's answers to what was measured. With few sizes only one number can be told: the one
// that explains more.
std::pair<Line, double> fit_form(const std::vector<LinePoint>& points, size_t sizes,
                                 const Correction& prior) {
  const double least = least_memory_scale / prior.scale;
  const double most = most_memory_scale / prior.scale;
  if (sizes >= sizes_for_both && points.back().x >= range_for_both * points.front().x)
    return {fit_line(points, LineForm::both, least, most), 2};
  const Line scale = fit_line(points, LineForm::scale, least, most);
  if (sizes == 1) return {scale, 1};
  const Line offset = fit_line(points, LineForm::offset, least, most);
  return {offset.loss < scale.loss ? offset : scale, 1};
}

}  // namespace

double corrected(const Correction& correction, double estimated) {
  return std::max(correction.offset + correction.scale * estimated, estimated / 10);
}

Correction fit_correction(std::span<const Observation> observations, const Correction& prior) {
  std::vector<Observation> kept = usable(observations);
  if (kept.empty()) return bare(prior);
  const size_t sizes = weigh(kept);
  std::vector<LinePoint> points;
  for (const Observation& each : kept)
    points.push_back({corrected(prior, each.estimated), each.measured, each.is_lower_bound, each.weight});
  const auto [line, free_numbers] = fit_form(points, sizes, prior);
  Correction correction;
  correction.offset = line.offset + line.scale * prior.offset;
  correction.scale = line.scale * prior.scale;
  set_interval(correction, kept, line_spread, free_numbers, memory_floor);
  set_errors(correction, kept);
  return correction;
}

Correction fit_time_correction(std::span<const Observation> observations, const Correction& prior) {
  std::vector<Observation> kept = usable(observations);
  if (kept.empty()) return bare(prior);
  weigh(kept);
  std::vector<LinePoint> points;
  for (const Observation& each : kept) {
    const double expected = corrected(prior, each.estimated);
    points.push_back({expected, std::log(each.measured / expected), each.is_lower_bound, each.weight});
  }
  const double scale = std::exp(fit_middle(points)) * prior.scale;
  Correction correction;
  correction.scale = std::clamp(scale, least_time_scale, most_time_scale);
  set_interval(correction, kept, middle_spread, 1, time_floor);
  set_errors(correction, kept);
  return correction;
}

}  // namespace testloom
