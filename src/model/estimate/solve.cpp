#include "model/estimate/solve.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"
#include "model/estimate/dtype.h"
#include "model/estimate/process.h"

namespace testloom {

namespace {

int64_t& value_of(Workload& work, std::string_view axis) {
  return axis == "batch_size" ? work.batch_size : work.seq_len;
}

// The largest number of tokens that the model has positions for.
int64_t most_tokens(const ModelConfig& config) {
  const ModelConfig* text = config.find_part("text_config");
  const ModelConfig& owner = text ? *text : config;
  const std::string_view key = owner.first_of({"max_position_embeddings", "n_positions"});
  return key.empty() ? largest_solution : std::clamp<int64_t>(owner.positive(key), 1, largest_solution);
}

[[noreturn]] void refuse(std::string_view what, const Solution& smallest, int64_t memory_bytes) {
  throw Error(ErrorKind::spec,
              fmt::format("not even {} fits: {:.2f} GB are needed, and there are {:.2f}", what,
                          static_cast<double>(needed_bytes(smallest.estimate, smallest.work)) / 1e9,
                          static_cast<double>(memory_bytes) / 1e9));
}

Solution solve_dtype(const ModelConfig& config, Workload work, int64_t memory_bytes) {
  std::optional<Solution> last;
  for (const Dtype& dtype : all_dtypes()) {
    work.dtype = dtype.name;
    last = {work, estimate_memory(config, work)};
    if (needed_bytes(last->estimate, work) <= memory_bytes) return *last;
  }
  refuse(fmt::format("dtype {}", last->work.dtype), *last, memory_bytes);
}

}  // namespace

Solution solve(const ModelConfig& config, const Workload& work, std::string_view axis, int64_t memory_bytes) {
  if (axis == "dtype") return solve_dtype(config, work, memory_bytes);
  if (axis != "batch_size" && axis != "seq_len") {
    throw Error(ErrorKind::usage, fmt::format("{} cannot be solved for", quote(axis, 40)),
                "batch_size, seq_len and dtype can");
  }
  const auto at = [&](int64_t value) {
    Solution made{work, {}};
    value_of(made.work, axis) = value;
    made.estimate = estimate_memory(config, made.work);
    return made;
  };
  const auto fits = [&](const Solution& s) { return needed_bytes(s.estimate, s.work) <= memory_bytes; };
  Solution best = at(1);
  if (!fits(best)) refuse(fmt::format("{} 1", axis), best, memory_bytes);
  int64_t high = axis == "seq_len" ? most_tokens(config) : largest_solution;
  int64_t low = 1;  // fits
  for (int64_t value = 2; value <= high; value *= 2) {
    Solution tried = at(value);
    if (!fits(tried)) {
      high = value - 1;
      break;
    }
    low = value;
    best = std::move(tried);
  }
  while (low < high) {
    const int64_t middle = low + (high - low + 1) / 2;
    Solution tried = at(middle);
    if (fits(tried)) {
      low = middle;
      best = std::move(tried);
    } else {
      high = middle - 1;
    }
  }
  return best;
}

}  // namespace testloom
