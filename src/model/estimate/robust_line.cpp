// Huber's M-estimates by iteratively reweighted least squares: up to 1.345 standard deviations an error
// counts by its square, beyond that by its size, so that the loss is convex and an odd point pulls no more
// than a bounded amount. (P. J. Huber, Robust Statistics, 1981, chapters 6 and 7.)
#include "model/estimate/robust_line.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace testloom {

namespace {

constexpr double huber_limit = 1.345;    // 95 % of the efficiency of least squares on normal errors
constexpr double to_deviation = 1.4826;  // from the median absolute error of a normal distribution

constexpr double spread_points = 2;  // few points do not tell how far points spread

constexpr int most_rounds = 200;
constexpr double settled = 1e-10;

double huber_weight(double error, double spread) {
  const double limit = huber_limit * spread;
  return std::abs(error) <= limit ? 1 : limit / std::abs(error);
}

double huber_loss(double error, double spread) {
  const double limit = huber_limit * spread;
  const double size = std::abs(error);
  return size <= limit ? size * size / 2 : limit * (size - limit / 2);
}

// Weighted sums for least squares of y on (1, x).
struct Sums {
  double w = 0, x = 0, y = 0, xx = 0, xy = 0;

  void add(double weight, double px, double py) {
    w += weight;
    x += weight * px;
    y += weight * py;
    xx += weight * px * px;
    xy += weight * px * py;
  }
};

void solve(const Sums& sums, LineForm form, double least, double most, Line& line) {
  if (form == LineForm::both) {
    const double det = sums.w * sums.xx - sums.x * sums.x;
    if (det > 0) line.scale = (sums.w * sums.xy - sums.x * sums.y) / det;
  } else if (form == LineForm::scale) {
    line.scale = sums.xy / sums.xx;
  }
  line.scale = std::clamp(line.scale, least, most);
  if (form != LineForm::scale) line.offset = (sums.y - line.scale * sums.x) / sums.w;
}

// Points of the line y = x. Where both are free they hold both ends, else one stands in the middle.
std::vector<LinePoint> prior_of(const std::vector<LinePoint>& points, LineForm form) {
  std::vector<Weighted> sizes;
  for (const LinePoint& point : points) sizes.push_back({point.x, point.weight});
  if (form != LineForm::both) {
    const double x = weighted_quantile(sizes, 0.5);
    return {{x, x, false, prior_points}};
  }
  const auto [low, high] = std::ranges::minmax(sizes, {}, &Weighted::value);
  return {{low.value, low.value, false, prior_points / 2}, {high.value, high.value, false, prior_points / 2}};
}

// The share by which a point lies above the line; nothing for a bound that the line reaches.
double error_of(const Line& line, const LinePoint& point) {
  const double expected = height(line, point.x);
  const double error = point.y / expected - 1;
  return point.is_lower_bound ? std::max(0.0, error) : error;
}

// With the prior's points: so one odd outcome does not make odd outcomes look usual.
double spread_about(const Line& line, const std::vector<LinePoint>& points,
                    const std::vector<LinePoint>& prior) {
  std::vector<Weighted> errors;
  for (const LinePoint& point : points) {
    const double error = error_of(line, point);
    if (point.is_lower_bound && error <= 0) continue;  // how far above the bound it lies is not known
    errors.push_back({error, point.weight});
  }
  for (const LinePoint& point : prior) errors.push_back({error_of(line, point), point.weight});
  return robust_spread(std::move(errors), line_spread);
}

// The median, which odd points do not move. Where both are free, of the scale alone.
Line first_guess(const std::vector<LinePoint>& points, const std::vector<LinePoint>& prior, LineForm form) {
  std::vector<Weighted> values;
  const auto add = [&](const LinePoint& point) {
    if (point.is_lower_bound) return;
    values.push_back({form == LineForm::offset ? point.y - point.x : point.y / point.x, point.weight});
  };
  for (const LinePoint& point : points) add(point);
  for (const LinePoint& point : prior) add(point);
  const double middle = weighted_quantile(std::move(values), 0.5);
  return form == LineForm::offset ? Line{.offset = middle} : Line{.scale = middle};
}

}  // namespace

double weighted_quantile(std::vector<Weighted> values, double share) {
  std::ranges::sort(values, {}, &Weighted::value);
  double total = 0;
  for (const Weighted& each : values) total += each.weight;
  double below = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    below += values[i].weight;
    const double gap = below - share * total;
    if (std::abs(gap) <= 1e-12 * total && i + 1 < values.size())
      return (values[i].value + values[i + 1].value) / 2;
    if (gap > 0) return values[i].value;
  }
  return values.back().value;
}

double robust_spread(std::vector<Weighted> errors, const SpreadPrior& prior) {
  double points = 0;
  for (Weighted& error : errors) {
    points += error.weight;
    error.value = std::abs(error.value);
  }
  const double seen = points > 0 ? to_deviation * weighted_quantile(std::move(errors), 0.5) : 0;
  const double square =
      (spread_points * prior.before * prior.before + points * seen * seen) / (spread_points + points);
  return std::max(prior.least, std::sqrt(square));
}

double height(const Line& line, double x) { return std::max(line.offset + line.scale * x, x / 10); }

Line fit_line(const std::vector<LinePoint>& points, LineForm form, double least_scale, double most_scale) {
  const std::vector<LinePoint> prior = prior_of(points, form);
  Line line = first_guess(points, prior, form);
  line.scale = std::clamp(line.scale, least_scale, most_scale);
  // Of one number the median tells the spread; on the way of two to their place it is still to be found.
  const int free_rounds = form == LineForm::both ? 30 : 1;
  double spread = 0;
  for (int round = 0; round < most_rounds; ++round) {
    if (round < free_rounds) spread = spread_about(line, points, prior);
    Sums sums;
    const auto add = [&](const LinePoint& point) {
      const double expected = height(line, point.x);
      const double error = error_of(line, point);
      // A bound that is reached holds the line where it is; that keeps each round from making the loss
      // larger.
      const double wanted = point.is_lower_bound ? std::max(point.y, expected) : point.y;
      sums.add(point.weight * huber_weight(error, spread) / (expected * expected), point.x, wanted);
    };
    for (const LinePoint& point : points) add(point);
    for (const LinePoint& point : prior) add(point);
    const Line before = line;
    solve(sums, form, least_scale, most_scale, line);
    const double x = prior.back().x;
    const double moved = std::abs(line.scale - before.scale) * x + std::abs(line.offset - before.offset);
    if (round > 0 && moved < settled * x) break;
  }
  for (const LinePoint& point : points)
    line.loss += point.weight * huber_loss(error_of(line, point), line_spread.least);
  return line;
}

double fit_middle(const std::vector<LinePoint>& points) {
  std::vector<Weighted> values = {{0, prior_points}};
  for (const LinePoint& point : points) {
    if (!point.is_lower_bound) values.push_back({point.y, point.weight});
  }
  double middle = weighted_quantile(values, 0.5);
  const auto error_of = [&](const LinePoint& point) {
    return point.is_lower_bound ? std::max(0.0, point.y - middle) : point.y - middle;
  };
  std::vector<Weighted> errors = {{-middle, prior_points}};
  for (const LinePoint& point : points) {
    const double error = error_of(point);
    if (!point.is_lower_bound || error > 0) errors.push_back({error, point.weight});
  }
  const double spread = robust_spread(std::move(errors), middle_spread);
  for (int round = 0; round < most_rounds; ++round) {
    double weights = prior_points * huber_weight(middle, spread);
    double sum = 0;
    for (const LinePoint& point : points) {
      const double error = error_of(point);
      const double weight = point.weight * huber_weight(error, spread);
      weights += weight;
      sum += weight * (middle + error);
    }
    const double before = middle;
    middle = sum / weights;
    if (round > 0 && std::abs(middle - before) < settled) break;
  }
  return middle;
}

}  // namespace testloom
