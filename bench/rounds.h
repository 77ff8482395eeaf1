// What benchmarks that measure several sides in turns share: a folder of their own, medians, and how these
// are shown beside the floor, which is the first side.
#pragma once

#include <cstdio>
#include <cstdlib>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace testloom {

inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// `seconds` by side, then by round. The ratio is the median of those to the floor of the same round.
inline void print_sides(std::span<const char* const> names, std::span<const std::vector<double>> seconds) {
  for (size_t side = 0; side < seconds.size(); ++side) {
    std::vector<double> ratios;
    for (size_t i = 0; i < seconds[side].size(); ++i) ratios.push_back(seconds[side][i] / seconds[0][i]);
    fmt::print("{:<8} {:8.3f} s   {:6.2f} of the floor\n", names[side], median(seconds[side]),
               median(ratios));
  }
}

// Calls `work` with a new folder below `parent`, which is removed afterwards; the exit status.
template <typename Work>
int in_new_folder(const char* parent, const Work& work) {
  std::string folder = (std::filesystem::absolute(parent) / "bench-XXXXXX").native();
  if (!::mkdtemp(folder.data())) return 2;
  int status = 0;
  try {
    work(std::filesystem::path(folder));
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "%s\n", problem.what());
    status = 1;
  }
  std::filesystem::remove_all(folder);
  return status;
}

}  // namespace testloom
