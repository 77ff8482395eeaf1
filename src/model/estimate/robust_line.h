// A line through points of which some are odd, pulled to the line y = x: what calibration.cpp fits with.
#pragma once

#include <vector>

namespace testloom {

struct LinePoint {
  double x;
  double y;
  bool is_lower_bound;  // of y: what is above it is as good as on it
  double weight;        // above 0
};

enum class LineForm { scale, offset, both };  // what is free; the other is as in y = x

struct Line {
  double offset = 0;
  double scale = 1;
  double loss = 0;  // of the points about the line, in squares of shares of its height
};

// A line for heights above 0, whose errors are in proportion to them. Throws nothing; `points` is not empty.
Line fit_line(const std::vector<LinePoint>& points, LineForm form, double least_scale, double most_scale);
double height(const Line& line, double x);  // never below a tenth of x

// The middle of the points' y, logarithms, pulled to 0.
double fit_middle(const std::vector<LinePoint>& points);

// What the prior counts as, in points.
inline constexpr double prior_points = 1.5;

struct Weighted {
  double value;
  double weight;
};
// The value that this share of the weight lies below. `values` are not empty.
double weighted_quantile(std::vector<Weighted> values, double share);

// What is known of a spread before any point is seen, as a standard deviation, and the least that it can be.
struct SpreadPrior {
  double before;
  double least;
};
inline constexpr SpreadPrior line_spread = {0.10, 0.02};    // docs/estimates.md, "Figures"
inline constexpr SpreadPrior middle_spread = {0.50, 0.05};  // a rate that nobody measured
// The standard deviation, of which odd errors change nothing; the prior counts as two errors.
double robust_spread(std::vector<Weighted> errors, const SpreadPrior& prior);

}  // namespace testloom
