#include "model/estimate/family_prior.h"

#include <algorithm>
#include <array>

namespace testloom {

namespace {

constexpr std::array<FamilyPrior, 4> priors = {{
    {"text_generation", 4},
    {"vision", 2},
    {"multimodal", 6},
    {"audio", 3},
}};

}  // namespace

std::span<const FamilyPrior> family_priors() { return priors; }

double prior_memory_gb(std::string_view model_family, int64_t batch_size) {
  const auto row = std::ranges::find(priors, model_family, &FamilyPrior::model_family);
  const double figure = row == priors.end() ? prior_other_family_gb : row->memory_gb;
  const double scaled = figure * static_cast<double>(batch_size) / static_cast<double>(prior_batch_size);
  return std::max(prior_memory_floor_gb, scaled);
}

}  // namespace testloom
