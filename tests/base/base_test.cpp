// Text, JSON and the look of errors.
#include <gtest/gtest.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "testloom/error.h"

namespace testloom {
namespace {

TEST(Text, FindsBrokenUtf8) {
  EXPECT_TRUE(is_utf8("plain, ü, 模型, 😀"));
  EXPECT_EQ(find_invalid_utf8("ab\xff"), 2u);
  EXPECT_EQ(find_invalid_utf8("\xc0\x80"), 0u) << "overlong";
  EXPECT_EQ(find_invalid_utf8("a\xed\xa0\x80"), 1u) << "surrogate";
  EXPECT_EQ(find_invalid_utf8("\xf4\x90\x80\x80"), 0u) << "past the end";
  EXPECT_EQ(find_invalid_utf8("\xe2\x82"), 0u) << "cut";
}

TEST(Text, ShowsControlCharactersEscaped) {
  EXPECT_EQ(quote("a\nb\x1b[31m\xff"), "'a\\nb\\x1b[31m\\xff'");
  EXPECT_EQ(quote("\u202egpj"), "'\\u202egpj'");
  EXPECT_EQ(quote("abcdef", 3), "'abc…'");
}

TEST(Text, GlobsMatchLikeTheNaiveRecursion) {
  const auto naive = [](auto self, std::string_view glob, std::string_view text) -> bool {
    if (glob.empty()) return text.empty();
    if (glob[0] == '*')
      return self(self, glob.substr(1), text) || (!text.empty() && self(self, glob, text.substr(1)));
    return !text.empty() && (glob[0] == '?' || glob[0] == text[0]) &&
           self(self, glob.substr(1), text.substr(1));
  };
  uint64_t seed = 7;
  const auto random = [&](uint64_t bound) {
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return (seed >> 33) % bound;
  };
  const std::string_view alphabet = "ab*?";
  for (int round = 0; round < 20000; ++round) {
    std::string glob, text;
    for (uint64_t i = random(7); i > 0; --i) glob += alphabet[random(4)];
    for (uint64_t i = random(9); i > 0; --i) text += alphabet[random(2)];
    ASSERT_EQ(matches_glob(glob, text), naive(naive, glob, text)) << glob << " on " << text;
  }
}

TEST(Text, SuggestsTheNearestWord) {
  const std::string_view names[] = {"model_name", "model_family", "batch_size"};
  EXPECT_EQ(nearest("modle_name", names), "model_name");
  EXPECT_EQ(nearest("batchsize", names), "batch_size");
  EXPECT_EQ(nearest("colour", names), "");
}

TEST(Json, IsAsciiAndPutsCommas) {
  JsonWriter json;
  json.begin_object().member("a", 1).member("b", "ü😀\n\"").key("c").begin_array();
  json.value(0.5).value(true).null().end_array().member("d", 1.0 / 0.0).end_object();
  EXPECT_EQ(json.text(),
            R"({"a": 1, "b": "\u00fc\ud83d\ude00\n\"", "c": [0.5, true, null], "d": "Infinity"})");
}

TEST(Error, PointsAtTheSpan) {
  const Diagnostic diagnostic{
      "unknown name 'modle_name'", {"t.py", 2, 5, 15}, "x = modle_name", "did you mean 'model_name'?"};
  EXPECT_EQ(format_diagnostic(diagnostic),
            "t.py:2:5: unknown name 'modle_name'\n"
            "  x = modle_name\n"
            "      ^^^^^^^^^^\n"
            "  did you mean 'model_name'?");
}

TEST(Error, KeepsTheCaretInALongLine) {
  std::string line(500, 'a');
  line += "HERE";
  const std::string text = format_diagnostic({"m", {"t.py", 1, 501, 505}, line, {}});
  EXPECT_NE(text.find("…"), std::string::npos);
  EXPECT_NE(text.find("^^^^"), std::string::npos);
  EXPECT_LT(text.size(), 500u);
}

TEST(Error, HasTheDocumentedExitCodes) {
  EXPECT_EQ(exit_code(ErrorKind::usage), 2);
  EXPECT_EQ(exit_code(ErrorKind::template_text), 3);
  EXPECT_EQ(exit_code(ErrorKind::store), 4);
  EXPECT_EQ(exit_code(ErrorKind::engine), 5);
  EXPECT_EQ(exit_code(ErrorKind::spec), 6);
  EXPECT_EQ(exit_code(ErrorKind::coordinator), 7);
  EXPECT_EQ(exit_code(ErrorKind::interrupted), 130);
}

}  // namespace
}  // namespace testloom
