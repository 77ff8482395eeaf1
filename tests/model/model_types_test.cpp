// The table of model types: what its parser refuses, look-ups, and that the shipped one holds what it must.
#include "model/family/model_types.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "testloom/error.h"

namespace testloom {
namespace {

std::string parse_error(std::string_view text) {
  try {
    ModelTypes(text, "t.tsv");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::spec);
    return error.what();
  }
  return "";
}

TEST(ModelTypes, RefusesBadRows) {
  EXPECT_EQ(parse_error("# one\na\tb\n"), "t.tsv:2: a row has 5 columns separated by tabs, this one has 2");
  EXPECT_EQ(parse_error("a\t-\tvison\t-\t-\n"), "t.tsv:1: unknown family 'vison'");
  EXPECT_EQ(parse_error("a\t-\tunknown\t-\t-\n"), "t.tsv:1: unknown family 'unknown'");
  EXPECT_EQ(parse_error("\t-\tvision\t-\t-\n"), "t.tsv:1: a name is empty");
  EXPECT_EQ(parse_error("a\t-\tvision\t-\tX:vision\n"), "t.tsv:1: 'X:vision' is no class");
  EXPECT_EQ(parse_error("a\t-\tvision\t-\tX,,Y\n"), "t.tsv:1: a name is empty");
  EXPECT_EQ(parse_error("a\t-\tvision\t-\tX:no:x\n"), "t.tsv:1: unknown family 'no'");
  EXPECT_EQ(parse_error(""), "");
}

TEST(ModelTypes, AreFoundByNameAndClass) {
  const ModelTypes types("a-b\t-\tvision\tx\tOne,Two:audio:y\nc\t-\ttext_embedding\t-\tOne\n", "t.tsv");
  ASSERT_TRUE(types.find("A_B"));
  EXPECT_EQ(types.find("A_B")->name, "a-b");
  EXPECT_EQ(types.find("a-b-c"), nullptr);
  EXPECT_EQ(types.find(""), nullptr);
  EXPECT_EQ(types.find_class("One", types.find("c"))->family, "text_embedding");
  EXPECT_EQ(types.find_class("One", types.find("a_b"))->task, "x");
  EXPECT_EQ(types.find_class("One", nullptr)->family, "vision");
  EXPECT_EQ(types.find_class("Two", types.find("c"))->family, "audio");
  EXPECT_EQ(types.find_class("one", nullptr), nullptr);
}

TEST(ModelTypes, TheShippedTable) {
  EXPECT_GT(model_types().rows().size(), 700u);
  EXPECT_GT(model_types().classes().size(), 1500u);
  struct Case {
    std::string_view type, family, task;
  };
  for (const Case& each :
       {Case{"bert", "text_embedding", "fill-mask"}, Case{"gpt2", "text_generation", "text-generation"},
        Case{"t5", "text_generation", "text2text-generation"},
        Case{"clip_vision_model", "vision", "image-feature-extraction"},
        Case{"clip_text_model", "text_embedding", "feature-extraction"},
        Case{"whisper", "audio", "automatic-speech-recognition"},
        Case{"qwen2_vl", "multimodal", "image-text-to-text"},
        Case{"patchtst", "time_series", "time-series-forecasting"}, Case{"dia", "audio", "text-to-speech"}}) {
    const ModelType* found = model_types().find(each.type);
    ASSERT_TRUE(found) << each.type;
    EXPECT_EQ(found->family, each.family) << each.type;
    EXPECT_EQ(found->task, each.task) << each.type;
  }
}

}  // namespace
}  // namespace testloom
