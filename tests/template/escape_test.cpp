// Every rule on the values that it is there for, as a table.
#include "template/escape.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "template/python_words.h"
#include "template/value_datum.h"

namespace testloom {
namespace {

using templating::append_value;
using templating::Placement;
using templating::Rule;

std::string written(const Placement& placement, const Value& value, std::string_view before = {},
                    std::string_view following = {}) {
  templating::Arena arena;
  std::string out(before);
  const std::string_view reason =
      append_value(out, placement, templating::to_datum(value, "value", arena), following);
  return reason.empty() ? out : fmt::format("refused: {}", reason);
}

struct Row {
  std::string_view value;
  std::string_view expected;
};

TEST(TemplateEscape, StrText) {
  const Row rows[] = {{"bert's", "bert's"},
                      {"a\"b", "a\\\"b"},
                      {"\\", "\\\\"},
                      {"a\nb\r\t", "a\\nb\\r\\t"},
                      {"\x01\x7f", "\\x01\\x7f"},
                      {"\u0085\u2028", "\\x85\\u2028"},
                      {"é日😀", "é日😀"},
                      {"\U000e0041", "\\U000e0041"},
                      {"{x}", "{x}"}};
  for (const Row& row : rows) {
    EXPECT_EQ(written({.rule = Rule::str_text, .quote = '"'}, std::string(row.value)), row.expected);
  }
  EXPECT_EQ(written({.rule = Rule::str_text, .quote = '\''}, "a'\""), "a\\'\"");
  EXPECT_EQ(written({.rule = Rule::str_text, .quote = '"', .in_fstring = true}, "{x}"), "{{x}}");
  EXPECT_EQ(written({.rule = Rule::str_text, .quote = '"'}, int64_t{-3}), "-3");
  EXPECT_EQ(written({.rule = Rule::str_text, .quote = '"'}, std::string("a\0b", 3)), "a\\x00b");
}

TEST(TemplateEscape, BytesText) {
  EXPECT_EQ(written({.rule = Rule::bytes_text, .quote = '\''}, "aé'\"\\\n"), "a\\xc3\\xa9\\'\"\\\\\\n");
}

TEST(TemplateEscape, Expressions) {
  const Row rows[] = {
      {"bert", "'bert'"}, {"it's", "\"it's\""}, {"'\"", "'\\'\"'"}, {"\"", "'\"'"}, {"", "''"}};
  for (const Row& row : rows)
    EXPECT_EQ(written({.rule = Rule::expression}, std::string(row.value)), row.expected);
  EXPECT_EQ(written({.rule = Rule::expression}, int64_t{4}), "4");
  EXPECT_EQ(written({.rule = Rule::expression}, int64_t{-4}), "(-4)");
  EXPECT_EQ(written({.rule = Rule::expression, .before_dot = true}, int64_t{4}), "(4)");
  EXPECT_EQ(written({.rule = Rule::expression}, Value(INT64_MIN)), "(-9223372036854775808)");
  EXPECT_EQ(written({.rule = Rule::number_or_name}, "abc"), "abc");
  EXPECT_TRUE(written({.rule = Rule::number_or_name}, "a-b").starts_with("refused"));
  EXPECT_TRUE(written({.rule = Rule::number_or_name}, "lambda").starts_with("refused"));
}

TEST(TemplateEscape, Comments) {
  struct Comment {
    std::string_view before, value, following, expected;
  };
  const Comment comments[] = {
      {"# ", "org/model:tag=1", "\n", "# org/model:tag=1"},
      {"# ", "a\nb\\\r", "\n", "# a\\nb\\\\r"},
      {"# ", "coding: utf-7", "\n", "# coding\\x3a utf-7"},
      {"# ", "coding=utf-7", "\n", "# coding\\x3dutf-7"},
      {"# cod", "ing: utf-7", "\n", "# coding\\x3a utf-7"},
      {"# ", "coding", ": utf-7\n", "# codin\\x67: utf-7"},
      {"# ", "cod", "ing= utf-7\n", "# co\\x64ing= utf-7"},
      {"# coding", "", ": utf-7\n", "# codin\\x67: utf-7"},
      {"# ", "\x0c", "oding: utf-7\n", "# \\x0\\x63oding: utf-7"},
      {"# ", "type: int", "\n", "# type\\x3a int"},
      {"#\t", "a # type: int", "\n", "#\ta # type\\x3a int"},
      {"# ", "type", ": int\n", "# typ\\x65: int"},
      {"# prototype", ": int", "\n", "# prototype: int"},
      {"# ", "type=x", "\n", "# type=x"},
  };
  for (const Comment& c : comments) {
    const std::string got =
        written({.rule = Rule::comment, .on_top = true}, std::string(c.value), c.before, c.following);
    EXPECT_EQ(got + std::string(c.following), std::string(c.expected) + "\n") << c.value;
  }
  EXPECT_EQ(written({.rule = Rule::comment}, "coding: x", "# "), "# coding: x");
}

TEST(TemplateEscape, Names) {
  const Placement part{.rule = Rule::name};
  const Placement begins{.rule = Rule::name, .begins = true};
  const Placement alone{.rule = Rule::name, .begins = true, .alone = true};
  EXPECT_EQ(written(part, "text_embedding"), "text_embedding");
  EXPECT_EQ(written(part, "4"), "4");
  EXPECT_EQ(written(part, "x_20240101"), "x_20240101");
  for (const std::string_view value :
       {"a-b", "é", "", "-", "a_b_1234abcd", "_", "__debug", "debug__", "𝐝𝐞𝐟", "a b\n"}) {
    const std::string name = written(part, std::string(value));
    EXPECT_NE(name, value);
    EXPECT_TRUE(templating::is_identifier("x" + name)) << name;
    EXPECT_TRUE(templating::is_identifier(written(begins, std::string(value)))) << value;
  }
  EXPECT_EQ(written(part, "a-b").substr(0, 4), "a_b_");
  EXPECT_NE(written(part, "a-b"), written(part, "a.b"));
  EXPECT_NE(written(part, written(part, "a-b")), written(part, "a-b"));
  EXPECT_TRUE(written(begins, "4").starts_with("_4_"));
  EXPECT_EQ(written(begins, "def"), "def");
  EXPECT_TRUE(written(alone, "def").starts_with("def_"));
  EXPECT_EQ(written(alone, "match"), "match");
}

TEST(TemplateEscape, Identifiers) {
  const Placement part{.rule = Rule::identifier};
  const Placement alone{.rule = Rule::identifier, .begins = true, .alone = true};
  for (const std::string_view good : {"cuda", "_x", "match", "__init__"}) {
    EXPECT_EQ(written(alone, std::string(good)), good);
  }
  for (const std::string_view bad : {"", "a-b", "1a", "def", "None", "__debug__", "é", "a.b"}) {
    EXPECT_TRUE(written(alone, std::string(bad)).starts_with("refused")) << bad;
  }
  EXPECT_EQ(written(part, "1a"), "1a");
  EXPECT_TRUE(written(part, "a b").starts_with("refused"));
}

}  // namespace
}  // namespace testloom
