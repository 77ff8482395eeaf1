// The prior estimate of memory, as figures and as rows to join.
#include "model/estimate/family_prior.h"

#include <string_view>

#include <gtest/gtest.h>

namespace testloom {
namespace {

TEST(PriorMemory, FamilyTimesBatch) {
  struct Case {
    std::string_view family;
    int64_t batch_size;
    double memory_gb;
  };
  for (const Case& expected :
       {Case{"text_generation", 4, 4}, Case{"text_generation", 1, 1}, Case{"text_generation", 64, 64},
        Case{"vision", 4, 2}, Case{"vision", 1, 0.5}, Case{"vision", 2, 1}, Case{"multimodal", 4, 6},
        Case{"multimodal", 1, 1.5}, Case{"audio", 4, 3}, Case{"audio", 1, 0.75},
        Case{"text_embedding", 1, 0.5}, Case{"text_embedding", 4, 1}, Case{"text_embedding", 16, 4},
        Case{"diffusion", 8, 2}, Case{"unknown", 4, 1}, Case{"", 1, 0.5}}) {
    EXPECT_EQ(prior_memory_gb(expected.family, expected.batch_size), expected.memory_gb)
        << expected.family << " " << expected.batch_size;
  }
}

TEST(PriorMemory, RowsSayTheSame) {
  ASSERT_EQ(family_priors().size(), 4u);
  for (const FamilyPrior& row : family_priors()) {
    EXPECT_EQ(prior_memory_gb(row.model_family, prior_batch_size), row.memory_gb) << row.model_family;
  }
}

}  // namespace
}  // namespace testloom
