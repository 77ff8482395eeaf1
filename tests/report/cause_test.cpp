// What is left of a traceback when all that differs from test to test is taken out.
#include "report/html/cause.h"

#include <gtest/gtest.h>

namespace testloom {
namespace {

struct Case {
  const char* text;
  const char* expected;
};

class Normalised : public ::testing::TestWithParam<Case> {};

TEST_P(Normalised, TakesOutWhatDiffers) {
  EXPECT_EQ(normalised(GetParam().text, "google/bert"), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, Normalised,
    ::testing::Values(
        Case{"", ""}, Case{"no number", "no number"}, Case{"line 12, column 3", "line N, column N"},
        Case{"0.9731 is below 1e-5 and 3.E", "N is below N and N.E"}, Case{"1e", "Ne"}, Case{"-7", "-N"},
        Case{"float32 and layer_3 stay, 3x too", "float32 and layer_3 stay, Nx too"},
        Case{"<object at 0x7f00deadbeef>", "<object at ID>"}, Case{"0x", "Nx"},
        Case{"id 550e8400-e29b-41d4-a716-446655440000 gone", "id ID gone"},
        Case{"commit 9f1c22ab", "commit ID"}, Case{"deadbeef facade decade", "deadbeef facade decade"},
        Case{"12345678", "N"}, Case{"20260131-235959123-9f1c", "ID"},
        Case{"File \"/tmp/a b/x7/vision.py\", line 3", "File \"a b/x7/vision.py\", line N"},
        Case{"open(/home/u1/m/model.bin) failed", "open(model.bin) failed"},
        Case{"/ and /tmp and a/b/c", "/ and /tmp and a/b/c"}, Case{"/tmp/dir/", "/tmp/dir/"},
        Case{"google/bert failed on google/bert-base", "MODEL failed on MODEL-base"},
        Case{"mygoogle/bert google/bert2", "mygoogle/bert google/bert2"},
        Case{"über 5 mal \xff 6", "über N mal \xff N"}));

TEST(Normalised, WithoutAModelsNameNothingIsTakenForOne) { EXPECT_EQ(normalised("bert 1", ""), "bert N"); }

std::string traceback(const std::string& folder, int line, const std::string& said) {
  return "Traceback (most recent call last):\n  File \"" + folder + "/vision.py\", line " +
         std::to_string(line) + ", in test_vision\n    model(x)\n  File \"" + folder +
         "/site/nn.py\", line 9, in forward\n    go()\nValueError: " + said + "\n";
}

TEST(Cause, IsOneForTestsThatDifferInNumbersPathsAndModels) {
  const std::string first = traceback("/tmp/1", 31, "vit-a has 3 channels");
  const std::string second = traceback("/var/run/x9", 31, "vit-b has 4 channels");
  const Cause a = cause_of({"error", "", "ValueError", "vit-a has 3 channels", first}, "vit-a");
  const Cause b = cause_of({"error", "", "ValueError", "vit-b has 4 channels", second}, "vit-b");
  EXPECT_EQ(a.key, b.key);
  EXPECT_EQ(a.title, "ValueError: MODEL has N channels");
  EXPECT_EQ(a.place, "nn.py in forward");
}

TEST(Cause, IsAnotherForAnotherErrorPlaceOrOutcome) {
  const FailureTexts error{"error", "", "ValueError", "bad",
                           "  File \"a.py\", line 1, in f\nValueError: bad"};
  FailureTexts other = error;
  other.error_type = "TypeError";
  EXPECT_NE(cause_of(error, "m").key, cause_of(other, "m").key);
  other = error;
  other.traceback = "  File \"b.py\", line 1, in f\nValueError: bad";
  EXPECT_NE(cause_of(error, "m").key, cause_of(other, "m").key);
  other = error;
  other.outcome = "failed";
  EXPECT_NE(cause_of(error, "m").key, cause_of(other, "m").key);
}

TEST(Cause, IsTheReasonWhereThereIsNoError) {
  const Cause cause = cause_of({"timeout", "ended after 600 s", "", "", ""}, "m");
  EXPECT_EQ(cause.title, "ended after N s");
  EXPECT_EQ(cause.place, "");
  EXPECT_EQ(cause_of({"crashed", "", "", "", ""}, "m").title, "crashed");
}

TEST(Cause, ShowsHostileTextsOnOneShortLine) {
  const std::string said = "\x1b[31m\u202e" + std::string(5000, 'x') + "\nsecond line";
  const Cause cause = cause_of({"error", "", "E", said, "  File \"\n  File \"x"}, "m");
  EXPECT_EQ(cause.title.find('\x1b'), std::string::npos);
  EXPECT_EQ(cause.title.find("\u202e"), std::string::npos);
  EXPECT_EQ(cause.title.find('\n'), std::string::npos);
  EXPECT_LT(cause.title.size(), 300u);
  EXPECT_EQ(cause.place, "");
}

}  // namespace
}  // namespace testloom
