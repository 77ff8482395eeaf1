#include "model/files/json_text.h"

#include <string>

#include <gtest/gtest.h>

namespace testloom {
namespace {

TEST(JsonText, ReadsAnObjectWithWhatPythonWritesBeyondTheStandard) {
  const boost::json::object object = parse_json_object(
      R"({"a": NaN, "b": [-Infinity, Infinity, 1.5], "NaN": "Infinity \" NaN", "c": 7})", "c.json");
  EXPECT_EQ(object.at("a"), 0);
  EXPECT_EQ(object.at("b"), (boost::json::array{0, 0, 1.5}));
  EXPECT_EQ(object.at("NaN"), "Infinity \" NaN");
  EXPECT_EQ(object.at("c"), 7);
}

std::string refusal(const std::string& text) {
  try {
    parse_json_object(text, "m/config.json");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::spec);
    return error.what();
  }
  return "";
}

TEST(JsonText, TellsMistakesWithTheirPlace) {
  EXPECT_EQ(refusal("{\"a\": 1,\n  \"b\": x}"),
            "m/config.json:2:8: this is no JSON: syntax error\n    \"b\": x}\n         ^");
  EXPECT_EQ(refusal(""), "m/config.json:1:1: this is no JSON: incomplete JSON\n  \n  ^");
  EXPECT_EQ(refusal("{\"a\": 1"),
            "m/config.json:1:8: this is no JSON: incomplete JSON\n  {\"a\": 1\n         ^");
  EXPECT_EQ(refusal("{} {}"), "m/config.json:1:4: this is no JSON: extra data\n  {} {}\n     ^");
  EXPECT_EQ(refusal("[1]"), "m/config.json:1:1: this is JSON, but no object\n  [1]\n  ^");
  const std::string deep = "{\"a\":" + std::string(100, '[');
  EXPECT_NE(refusal(deep).find("nested more than 64 deep"), std::string::npos) << refusal(deep);
  EXPECT_NE(refusal("{\"a\": \"\xff\"}").find("this is no JSON"), std::string::npos);
}

}  // namespace
}  // namespace testloom
