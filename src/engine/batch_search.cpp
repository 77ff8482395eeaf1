#include "engine/batch_search.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/outcome_words.h"

namespace testloom {

namespace {

// A value at `batch_size` on the line through those of two tests.
double between(int64_t batch_size, const PlannedTest& below, const PlannedTest& above, double at_below,
               double at_above) {
  if (below.batch_size == above.batch_size) return at_above;
  const double share = static_cast<double>(batch_size - below.batch_size) /
                       static_cast<double>(above.batch_size - below.batch_size);
  return at_below + share * (at_above - at_below);
}

}  // namespace

BatchSearch::BatchSearch(std::vector<PlannedTest> tests, DefinitionHashes hashes)
    : tests_(std::move(tests)), hashes_(std::move(hashes)) {}

void BatchSearch::know(int64_t batch_size, std::string_view outcome) { outcomes_[batch_size] = outcome; }

PlannedTest BatchSearch::example() const {
  PlannedTest test = tests_.front();
  test.dependencies.clear();
  return test;
}

BatchSearch::Bounds BatchSearch::bounds() const {
  Bounds bounds;
  for (const auto& [batch_size, outcome] : outcomes_) {
    if (outcome == outcome::passed) {
      bounds = {batch_size, std::nullopt};
    } else if (outcome == outcome::oom && !bounds.ran_out) {
      bounds.ran_out = batch_size;
    }
  }
  return bounds;
}

std::string BatchSearch::stopped() const {
  const bool needs_alike = std::ranges::all_of(
      tests_, [this](const PlannedTest& test) { return test.dependencies == tests_.front().dependencies; });
  if (!needs_alike || (tests_.size() == 1 && !tests_.front().dependencies.empty()))
    return "its tests need others, which there are for the plan's batch sizes only";
  const auto [passed, ran_out] = bounds();
  const auto tried = outcomes_.find((passed + ran_out.value_or(passed)) / 2);
  if (tried == outcomes_.end() || tried->first == passed) return "";
  return fmt::format("batch size {} ended otherwise: {}", tried->first, tried->second);
}

std::optional<int64_t> BatchSearch::middle() const {
  const auto [passed, ran_out] = bounds();
  if (!ran_out || *ran_out - passed < 2 || !stopped().empty()) return std::nullopt;
  return (passed + *ran_out) / 2;
}

std::optional<PlannedTest> BatchSearch::next() const {
  const std::optional<int64_t> batch_size = middle();
  if (!batch_size) return std::nullopt;
  auto above = std::ranges::lower_bound(tests_, *batch_size, {}, &PlannedTest::batch_size);
  if (above == tests_.end()) --above;
  const auto below = above == tests_.begin() ? above : above - 1;
  PlannedTest test = at_batch_size(*above, *batch_size, hashes_);
  test.estimated_memory_gb =
      between(*batch_size, *below, *above, below->estimated_memory_gb, above->estimated_memory_gb);
  if (below->estimated_host_memory_gb && above->estimated_host_memory_gb) {
    test.estimated_host_memory_gb = between(*batch_size, *below, *above, *below->estimated_host_memory_gb,
                                            *above->estimated_host_memory_gb);
  }
  return test;
}

std::string BatchSearch::why() const {
  const auto [passed, ran_out] = bounds();
  return fmt::format("looking for the largest batch size between {} and {}", passed,
                     ran_out.value_or(passed));
}

std::string BatchSearch::id_at(int64_t batch_size) const {
  return at_batch_size(tests_.front(), batch_size, hashes_).test_id;
}

std::optional<FoundBatch> BatchSearch::found() const {
  const auto [passed, ran_out] = bounds();
  if (!ran_out) return std::nullopt;
  const PlannedTest& test = tests_.front();
  FoundBatch found{test.model_name, test.hardware_type, test.template_name, "", std::nullopt, *ran_out, ""};
  found.chain =
      with_batch_size(test.case_name, {test.model_name, test.hardware_type, test.template_name}, "*");
  if (passed > 0) found.passed = passed;
  if (*ran_out - passed > 1) found.stopped = stopped();
  return found;
}

}  // namespace testloom
