// What is offered for names that tell no family.
#include "model/family/candidates.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "model/family/family.h"

namespace testloom {
namespace {

TEST(Candidates, OfUnknownNames) {
  struct Case {
    std::string_view name;
    std::vector<std::string> candidates;
  };
  const std::vector<Case> cases = {
      {"acme/deberta-bloom", {"text_embedding", "text_generation"}},
      {"acme/lama-7b", {"llama"}},
      {"acme/Flacon-7b", {"falcon"}},
      {"acme/my-wisper", {"whisper"}},
      {"acme/my-git-repo", {"multimodal"}},
      {"acme/x", {}},
      {"", {}},
      {"llama/x", {}},
      {"\xFF\xFE-lama", {"llama"}},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(detect_family(each.name).model_family, "unknown") << each.name;
    EXPECT_EQ(family_candidates(each.name), each.candidates) << each.name;
  }
}

TEST(Candidates, AreFewForLongNames) {
  std::string name;
  while (name.size() < 100'000) name += "lama-mistrl-bloon-falcom-olmoo-";
  EXPECT_EQ(family_candidates(name), (std::vector<std::string>{"llama", "mistral", "bloom"}));
}

}  // namespace
}  // namespace testloom
