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

struct Bounds {
  const char* file;
  double right, wrong;  // at least, at most, of the names whose family can be known
};

class FamilyAccuracy : public testing::TestWithParam<Bounds> {};

TEST_P(FamilyAccuracy, LabelledNames) {
  const std::filesystem::path path =
      std::filesystem::path(TESTLOOM_SOURCE_DIR) / "bench/data" / GetParam().file;
  const boost::json::value data = boost::json::parse(read_file(path, 1 << 24, ErrorKind::spec));
  const boost::json::object& names = data.at("names").as_object();
  ASSERT_GT(names.size(), 300u);
  double count = 0;
  double right = 0;
  double wrong = 0;
  std::string missed;
  for (const auto& entry : names) {
    if (entry.value().as_object().contains("knowable")) continue;
    ++count;
    const FamilyGuess guess = detect_family(std::string_view(entry.key().data(), entry.key().size()));
    const auto& family = entry.value().at("family").as_string();
    if (guess.model_family == std::string_view(family.data(), family.size())) {
      ++right;
      continue;
    }
    wrong += guess.origin != "none";
    missed += std::string(entry.key()) + " taken for " + guess.model_family + "\n";
  }
  EXPECT_GE(right / count, GetParam().right) << missed;
  EXPECT_LE(wrong / count, GetParam().wrong) << missed;
}

INSTANTIATE_TEST_SUITE_P(Files, FamilyAccuracy,
                         testing::Values(Bounds{"family_names.json", 0.98, 0.006},
                                         Bounds{"family_names_2.json", 0.98, 0.006},
                                         Bounds{"family_names_3.json", 0.975, 0.01},
                                         Bounds{"family_names_4.json", 0.965, 0.012}));

}  // namespace
}  // namespace testloom
