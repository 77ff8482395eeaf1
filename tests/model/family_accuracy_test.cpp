// How many of the labelled names in bench/data/family_names*.json are told rightly. scripts/report-families
// prints the same by family.
#include <filesystem>
#include <string>

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "base/files.h"
#include "model/family/family.h"

namespace testloom {
namespace {

class FamilyAccuracy : public testing::TestWithParam<const char*> {};

TEST_P(FamilyAccuracy, LabelledNames) {
  const std::filesystem::path path = std::filesystem::path(TESTLOOM_SOURCE_DIR) / "bench/data" / GetParam();
  const boost::json::value data = boost::json::parse(read_file(path, 1 << 24, ErrorKind::spec));
  const boost::json::object& names = data.at("names").as_object();
  ASSERT_GT(names.size(), 500u);
  double right = 0;
  double wrong = 0;
  std::string missed;
  for (const auto& entry : names) {
    const FamilyGuess guess = detect_family(std::string_view(entry.key().data(), entry.key().size()));
    const auto& family = entry.value().at("family").as_string();
    if (guess.model_family == std::string_view(family.data(), family.size())) {
      ++right;
      continue;
    }
    wrong += guess.origin != "none";
    missed += std::string(entry.key()) + " taken for " + guess.model_family + "\n";
  }
  const auto count = static_cast<double>(names.size());
  EXPECT_GE(right / count, 0.98) << missed;
  EXPECT_LE(wrong / count, 0.006) << missed;
}

INSTANTIATE_TEST_SUITE_P(Files, FamilyAccuracy, testing::Values("family_names.json", "family_names_2.json"));

}  // namespace
}  // namespace testloom
