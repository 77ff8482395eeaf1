// The source: what is no template text at all, and offsets as lines and columns.
#include "template/source.h"

#include <gtest/gtest.h>

#include "testloom/template.h"

namespace testloom {
namespace {

using templating::Source;
using templating::Span;

std::string refusal(std::string_view text) {
  try {
    const Source source("t.py", text);
  } catch (const Error& error) {
    EXPECT_EQ(exit_code(error.kind()), 3);
    return error.what();
  }
  return "accepted";
}

TEST(TemplateSource, RefusesWhatIsNoText) {
  EXPECT_TRUE(refusal("").starts_with("t.py: the template is empty"));
  EXPECT_TRUE(refusal(" \r\n\t\f\n").starts_with("t.py: the template is empty"));
  EXPECT_TRUE(refusal("\xEF\xBB\xBF").starts_with("t.py: the template is empty"));
  EXPECT_TRUE(refusal("x = 1\ny = \"é\xff\"").starts_with("t.py:2:7: the template is not UTF-8: byte 0xff"));
  EXPECT_TRUE(refusal("\xED\xA0\x80").starts_with("t.py:1:1: the template is not UTF-8: byte 0xed"));
  EXPECT_TRUE(refusal(std::string_view("a\r\nb\0c", 6)).starts_with("t.py:2:2: the template holds a NUL"));
  EXPECT_TRUE(
      refusal(std::string(Template::kMaxBytes + 1, 'x')).starts_with("t.py: the template is 1048577 bytes"));
  EXPECT_EQ(refusal(std::string(Template::kMaxBytes, 'x')), "accepted");
}

TEST(TemplateSource, CountsLinesAsPythonDoesAndColumnsInCodePoints) {
  struct Row {
    std::string_view text;
    size_t begin, end;
    int line, column, end_column;
  };
  const Row rows[] = {
      {"abc", 1, 2, 1, 2, 3},
      {"a\nbc", 2, 3, 2, 1, 2},
      {"a\r\nbc", 3, 5, 2, 1, 3},
      {"a\rbc", 2, 3, 2, 1, 2},
      {"a\r\r\nbc", 4, 5, 3, 1, 2},
      {"é日😀x", 9, 10, 1, 4, 5},
      {"a\fb\vc\u2028d", 8, 9, 1, 7, 8},
      {"abc\ndef", 1, 6, 1, 2, 4},
      {"\xEF\xBB\xBFx", 0, 1, 1, 1, 2},
      {"abc\n", 4, 4, 2, 1, 1},
  };
  for (const Row& row : rows) {
    const SourcePosition got = Source("t.py", row.text).position(Span{row.begin, row.end});
    EXPECT_EQ(got.line, row.line) << row.text;
    EXPECT_EQ(got.column, row.column) << row.text;
    EXPECT_EQ(got.end_column, row.end_column) << row.text;
  }
}

TEST(TemplateSource, OrdersMistakesByPlace) {
  const templating::Sources source("t.py", "one\ntwo\n");
  try {
    source.refuse({{Span{4, 7}, "late", ""}, {Span{0, 3}, "early", "hint"}, {std::nullopt, "whole", ""}});
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "t.py: whole\nt.py:1:1: early\n  one\n  ^^^\n  hint\nt.py:2:1: late\n  two\n  ^^^");
  }
}

}  // namespace
}  // namespace testloom
