// Corrects estimates by what tests that ran were measured to take. The method and what it reaches:
// docs/estimates.md, "Calibration". Knows no store; the same input, in any order, gives the same correction.
#pragma once

#include <cstddef>
#include <span>

namespace testloom {

// One test that ran. Bytes for memory, seconds for time. What is not above 0 or not finite is left out.
struct Observation {
  double estimated = 0;
  double measured = 0;
  bool is_lower_bound = false;  // it ran out at `measured`: what it needs is more than that
  double weight = 0;            // what it counts beside others; 0: 1, and less where its size is repeated
};

struct Correction {  // corrected = offset + scale * estimated
  double offset = 0;
  double scale = 1;
  // measured / corrected is expected in [low, high] for nine of ten tests. Both 1 where nothing is known.
  double low = 1;
  double high = 1;
  size_t points = 0;
  // The median of |estimate / measured - 1| before and after; 0 where nothing was measured to its end.
  double median_error_before = 0;
  double median_error_after = 0;
};

enum class CorrectionKind { memory, time };

// Slopes stay in here, whatever was measured.
inline constexpr double least_memory_scale = 0.25;
inline constexpr double most_memory_scale = 4;
inline constexpr double least_time_scale = 0.01;
inline constexpr double most_time_scale = 100;

// What to expect where `estimated` was computed: above 0 and growing with it, since an offset below 0 takes
// no more than nine tenths away.
double corrected(const Correction& correction, double estimated);

// Observations are pulled to `prior`, which counts as one and a half of them.
Correction fit_correction(std::span<const Observation> observations, const Correction& prior = {});
// The same for times, which vary by orders of magnitude: by logarithms, a scale alone.
Correction fit_time_correction(std::span<const Observation> observations, const Correction& prior = {});

}  // namespace testloom
