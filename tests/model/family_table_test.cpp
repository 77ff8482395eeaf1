// The table of evidence: what its parser refuses, with the line, and how its kinds weigh.
#include "model/family/family_table.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "testloom/error.h"

namespace testloom {
namespace {

std::string parse_error(std::string_view text) {
  try {
    parse_family_table(text, "t.tsv");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::spec);
    return error.what();
  }
  return "";
}

using Cases = std::vector<std::pair<std::string_view, std::string_view>>;  // name and family

void expect_families(const FamilyTable& table, const Cases& cases) {
  for (const auto& [name, family] : cases) EXPECT_EQ(detect_family(name, table).model_family, family) << name;
}

TEST(FamilyTable, RefusesBadRows) {
  struct Case {
    std::string_view text, message;
  };
  const std::vector<Case> cases = {
      {"# one\ntype\tvision\tbert\n", "t.tsv:2: a row has 4 columns separated by tabs, this one has 3"},
      {"tpye\tvision\t-\tx\n", "t.tsv:1: unknown kind 'tpye'"},
      {"\n\ntype\tvison\t-\tx\n", "t.tsv:3: unknown family 'vison'"},
      {"type\tunknown\t-\tx\n", "t.tsv:1: unknown family 'unknown'"},
      {"type\t-\t-\tx\n", "t.tsv:1: this kind of row needs a family"},
      {"hide\tvision\t-\tx\n", "t.tsv:1: a hidden word has no family"},
      {"hide\t-\tfill-mask\tx\n", "t.tsv:1: a hidden word has no task"},
      {"lead\tvision\t-\tx\n", "t.tsv:1: a leading word has no family"},
      {"lead\t-\tfill-mask\tx\n", "t.tsv:1: a leading word has no task"},
      {"ending\t-\t-\tx\n", "t.tsv:1: this kind of row needs a family"},
      {"ending\tvision\t-\tx y\n", "t.tsv:1: 'x y' is no ending of one token"},
      {"ending\tvision\t-\tx\nending\taudio\t-\tx\n", "t.tsv:2: 'x' is on line 1 already"},
      {"task\tvision\t-\tx\n", "t.tsv:1: a task row needs a task"},
      {"type\tvision\tFill Mask\tx\n", "t.tsv:1: 'Fill Mask' is not a task"},
      {"type\tvision\t\tx\n", "t.tsv:1: '' is not a task"},
      {"type\tvision\t-\tViT\n", "t.tsv:1: 'ViT' is not a sequence of lower-case tokens"},
      {"type\tvision\t-\ta  b\n", "t.tsv:1: 'a  b' is not a sequence of lower-case tokens"},
      {"type\tvision\t-\ta,,b\n", "t.tsv:1: '' is not a sequence of lower-case tokens"},
      {"type\tvision\t-\ta b\ntype\taudio\t-\tc, ab", "t.tsv:2: 'ab' is on line 1 already"},
  };
  for (const Case& bad : cases) {
    EXPECT_EQ(parse_error(bad.text).substr(0, bad.message.size()), bad.message) << bad.text;
  }
}

TEST(FamilyTable, NamesEveryBadRowAndWhatWasMeant) {
  const std::string message = parse_error("tpye\tvision\t-\tx\ntype\tvison\t-\ty\n");
  EXPECT_EQ(message,
            "t.tsv:1: unknown kind 'tpye'\n  did you mean 'type'?\n"
            "t.tsv:2: unknown family 'vison'\n  did you mean 'vision'?");
}

TEST(FamilyTable, DigitsOfDifferentTokensStayApart) {
  const FamilyTable table = parse_family_table(
      "type\tvision\t-\tab 3 1c\ntype\taudio\t-\tab 31c\ntype\tmultimodal\t-\tab 3\n", "t");
  EXPECT_EQ(detect_family("ab-3-1c", table).model_family, "vision");
  EXPECT_EQ(detect_family("ab3.1c", table).model_family, "vision");
  EXPECT_EQ(detect_family("ab31c", table).model_family, "audio");
  EXPECT_EQ(detect_family("ab-3-4c", table).model_family, "multimodal");
  EXPECT_EQ(detect_family("ab-3c", table).model_family, "unknown");
}

TEST(FamilyTable, KindsWeighDifferently) {
  const FamilyTable table = parse_family_table(
      "word\taudio\ttext-to-speech\tsay\n"
      "word\tmultimodal\t-\tsee\n"
      "sense\tmultimodal\t-\tlook\n"
      "type\ttext_generation\ttext-generation\twriter, author\n"
      "type\ttime_series\t-\tclock\n"
      "type\tdiffusion\t-\tpaint\n"
      "part\ttext_embedding\t-\treader\n"
      "part\tvision\t-\teye\n"
      "first\tvision\t-\tlamp\n"
      "hint\tvision\tdepth-estimation\tdeep\n"
      "task\ttext_generation\tsummarization\tshort\n"
      "organisation\tvision\t-\teyes inc\n"
      "hide\t-\t-\twriter block\n",
      "t");
  const Cases cases = {
      {"writer", "text_generation"},
      {"writer-block", "unknown"},
      {"reader-writer", "text_generation"},
      {"eye-reader", "multimodal"},
      {"writer-look", "multimodal"},
      {"look", "unknown"},
      {"reader-look", "text_embedding"},
      {"see", "multimodal"},
      {"writer-see-say", "audio"},
      {"clock-see", "time_series"},
      {"clock-writer", "time_series"},
      {"clock-paint", "unknown"},
      {"clock-paint-deep", "unknown"},
      {"lamp-x", "vision"},
      {"x-lamp", "unknown"},
      {"deep", "vision"},
      {"deep-reader", "text_embedding"},
      {"short", "unknown"},
      {"eyes-inc/writer", "vision"},
      {"eyes-inc-2/writer", "text_generation"},
  };
  expect_families(table, cases);
  EXPECT_EQ(detect_family("writer-short", table).task, "summarization");
  EXPECT_EQ(detect_family("eye-deep", table).task, "depth-estimation");
}

TEST(FamilyTable, EndingsAreHeardLast) {
  const FamilyTable table = parse_family_table(
      "sense\tmultimodal\taudio-text-to-text\thear\n"
      "type\tvision\t-\teye, treader\n"
      "hint\taudio\t-\tloud\n"
      "ending\ttext_embedding\tfill-mask\treader\n"
      "ending\ttext_generation\t-\twriter\n"
      "hide\t-\t-\tproofreader\n",
      "t");
  const Cases cases = {
      {"aeroreader", "text_embedding"},
      {"AEROREADER-2", "text_embedding"},
      {"x-aeroreaderV2", "text_embedding"},
      {"aeroreader-eye", "vision"},
      {"aeroreader-loud", "audio"},
      {"aeroreader-aerowriter", "unknown"},
      {"aeroreader-zooreader", "text_embedding"},
      {"reader", "unknown"},
      {"areader", "unknown"},
      {"aeroreaders", "unknown"},
      {"aerorea-der", "unknown"},
      {"aeroreaDer", "unknown"},
      {"treader", "vision"},
      {"proofreader", "unknown"},
      {"hearreader", "unknown"},
      {"hear", "audio"},
      {"a\xC3\xA9reader", "unknown"},
  };
  expect_families(table, cases);
  EXPECT_EQ(detect_family("x-aeroreader", table).evidence, "reader");
  EXPECT_EQ(detect_family("x-aeroreader", table).task, "fill-mask");
}

TEST(FamilyTable, TheUpperHintDecides) {
  const FamilyTable table = parse_family_table(
      "hint\taudio\t-\tloud\nhint\ttext_generation\ttext-generation\tchat\n"
      "sense\tmultimodal\timage-text-to-text\tlook\n",
      "t");
  EXPECT_EQ(detect_family("chat-loud", table).model_family, "audio");
  EXPECT_EQ(detect_family("loud-chat", table).model_family, "audio");
  EXPECT_EQ(detect_family("x-chat", table).model_family, "text_generation");
  EXPECT_EQ(detect_family("x-look-chat", table).model_family, "multimodal");
  EXPECT_EQ(detect_family("x-look", table).model_family, "unknown");
}

TEST(FamilyTable, SomeWordsStandBeforeTheBeginning) {
  const FamilyTable table = parse_family_table("first\tvision\t-\tlamp\nlead\t-\t-\tfrench, very old\n", "t");
  for (const char* name : {"lamp", "french-lamp", "VeryOld_lamp-2", "french-very-old-lamp", "frenchLamp"}) {
    EXPECT_EQ(detect_family(name, table).model_family, "vision") << name;
  }
  for (const char* name :
       {"french", "french-", "french-x-lamp", "x-french-lamp", "old-lamp", "french/x-lamp"}) {
    EXPECT_EQ(detect_family(name, table).model_family, "unknown") << name;
  }
}

TEST(FamilyTable, LaterGenerationsOfALine) {
  const FamilyTable table = parse_family_table(
      "part\ttext_generation\t-\tab, cd two\nsince\tmultimodal\timage-text-to-text\tab 3 5, cd two 4\n"
      "type\ttext_generation\t-\tab 3 5 1b\n",
      "t");
  const Cases cases = {
      {"ab", "text_generation"},
      {"ab-3", "text_generation"},
      {"ab-3.4", "text_generation"},
      {"ab-3.5", "multimodal"},
      {"ab3_5-8b", "multimodal"},
      {"ab-4-8b", "multimodal"},
      {"ab4", "multimodal"},
      {"ab-7b", "text_generation"},
      {"ab-7B", "text_generation"},
      {"ab-8x7b", "text_generation"},
      {"ab-1_8B", "text_generation"},
      {"ab-4.5b", "text_generation"},
      {"ab3_8b", "text_generation"},
      {"ab-2503", "text_generation"},
      {"ab-4bit", "text_generation"},
      {"ab-3.5-1b", "text_generation"},
      {"ab-99", "multimodal"},
      {"cd-two-4", "multimodal"},
      {"cd-two-3", "text_generation"},
      {"ab-2v", "multimodal"},
      {"ab-2V-9b", "multimodal"},
      {"ab-2v2", "text_generation"},
      {"ab-v0.3", "text_generation"},
      {"ab-3.", "text_generation"},
      {"ab-99999999999999999999", "text_generation"},
  };
  expect_families(table, cases);
  EXPECT_EQ(parse_error("since\tvision\t-\tab\n"), "t.tsv:1: 'ab' is no line of models with a generation");
  EXPECT_EQ(parse_error("since\tvision\t-\tab 3\n"), "t.tsv:1: 'ab' is in no row of the table");
}

TEST(FamilyTable, ModelTypesAreAddedWhereTheTableSaysNothing) {
  const std::string text =
      "ab_cd\t-\tvision\timage-classification\tAbForX\nab_cd_text\tab_cd\ttext_generation\t-\t-\n"
      "word\t-\taudio\t-\t-\nlonger\t-\taudio\t-\t-\nlama2\t-\ttext_generation\t-\t-\n"
      "clip_model\t-\tmultimodal\t-\t-\nnone_such\t-\t-\t-\t-\nknown\t-\taudio\t-\t-\n";
  FamilyTable table = parse_family_table(
      "part\ttext_generation\t-\tlama\ntype\ttext_embedding\t-\tbge\ntype\tvision\t-\tknown\n", "t");
  add_model_types(table, ModelTypes(text, "types.tsv"));
  const Cases cases = {
      {"x-AbCd", "vision"},   {"ab-cd-text", "vision"}, {"word-1", "audio"},
      {"a-word", "unknown"},  {"a-longer-x", "audio"},  {"bge-lama2", "text_embedding"},
      {"clip", "multimodal"}, {"known", "vision"},      {"none-such", "unknown"},
  };
  expect_families(table, cases);
}

TEST(FamilyTable, ShippedTableIsLarge) {
  EXPECT_GT(family_table().rows.size(), 80u);
  EXPECT_EQ(parse_error(""), "");
}

}  // namespace
}  // namespace testloom
