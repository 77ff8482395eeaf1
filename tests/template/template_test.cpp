// The public interface: names and values, rendering, line ends, and what happens when a value is missing.
#include "testloom/template.h"

#include <random>

#include <gtest/gtest.h>

#include "template/placement/literal.h"
#include "template_values.h"

namespace testloom {
namespace {

constexpr std::string_view kTest = "def test_it():\n    pass\n";

template <typename Action>
std::string message_of(Action action, ErrorKind kind) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind);
    return error.what();
  }
  return "no error";
}

TEST(Template, NamesAreInTheOrderOfTheirSlots) {
  std::string names;
  for (const NameInfo& info : template_names()) {
    names += std::string(info.name) + (info.type == ValueType::integer ? ":integer " : " ");
    EXPECT_FALSE(info.meaning.empty());
  }
  EXPECT_EQ(names,
            "model_name model_family model_location task hardware_type device batch_size:integer test_id "
            "template_name ");
}

TEST(Template, ValuesAreChecked) {
  Values values;
  const auto set = [&](std::string_view name, Value value) {
    return message_of([&] { values.set(name, std::move(value)); }, ErrorKind::usage);
  };
  EXPECT_EQ(set("modle_name", "x"), "unknown name 'modle_name'\n  did you mean 'model_name'?");
  EXPECT_EQ(set("batch_size", "4"), "the value of 'batch_size' must be an integer");
  EXPECT_EQ(set("task", int64_t{4}), "the value of 'task' must be text");
  EXPECT_EQ(set("task", "\xff"), "the value of 'task' is not UTF-8");
  EXPECT_EQ(values.find(3), nullptr);
  EXPECT_EQ(set("task", "x"), "no error");
  EXPECT_EQ(std::get<std::string>(*values.find(3)), "x");
  EXPECT_EQ(values.find(99), nullptr);
}

TEST(Template, UsedSlotsAreAscendingAndOnce) {
  const Template t =
      Template::compile("t.py", "x = '${device} ${model_name} ${device}'\n" + std::string(kTest));
  EXPECT_EQ(t.used_slots(), (std::vector<size_t>{0, 5}));
}

TEST(Template, MissingValueNamesThePlaceholderAndLeavesTheOutputAlone) {
  const Template t = Template::compile("t.py", "x = '${task}'\ny = '${device}'\n" + std::string(kTest));
  Values values;
  values.set("task", "a");
  std::string out = "before";
  EXPECT_EQ(message_of([&] { t.render_to(out, values); }, ErrorKind::template_text),
            "t.py:2:6: no value for 'device'\n  y = '${device}'\n       ^^^^^^^^^");
  EXPECT_EQ(out, "before");
  t.render_to(out, values.set("device", "b"));
  EXPECT_EQ(out, "beforex = 'a'\ny = 'b'\n" + std::string(kTest));
}

TEST(Template, LineEndsAreKeptAndCounted) {
  const std::string text = "# ${task}\r\nx = '''a\r${task}\r\n'''\r" + std::string(kTest);
  EXPECT_EQ(Template::compile("t.py", text).render(plain_values()), plainly_substituted(text));
  const auto error = [](std::string_view bad) {
    return message_of([&] { Template::compile("t.py", bad); }, ErrorKind::template_text);
  };
  EXPECT_TRUE(error("x = 1\r\ry = ${nope}\r\ndef test_it(): pass").starts_with("t.py:3:7: unknown name"));
  EXPECT_TRUE(error("x = '${task}\r'\ndef test_it(): pass").starts_with("t.py:1:5: this string literal"));
  EXPECT_TRUE(error("x = '${task\r}'\ndef test_it(): pass").starts_with("t.py:1:5: this string literal"));
  EXPECT_TRUE(
      error("#\rdef test_a(): pass\rdef test_b(): pass\r").starts_with("t.py:3:5: the template has more"));
}

TEST(Template, ByteOrderMarkIsLeftOut) {
  const Template t = Template::compile("t.py", "\xEF\xBB\xBF# coding: utf-8\n" + std::string(kTest));
  EXPECT_EQ(t.render(Values()), "# coding: utf-8\n" + std::string(kTest));
}

TEST(Template, EncodingOfLaterLinesIsAnOrdinaryComment) {
  for (const std::string_view text :
       {"\n\n# coding: latin-1\n", "x = 1  # coding: latin-1\n", "x = 1\n# coding: latin-1\n",
        "'''\n# coding: latin-1'''\n", "# coding:\n", "# coding : latin-1\n", "# -*- coding: UTF_8 -*-\n"}) {
    EXPECT_NO_THROW(Template::compile("t.py", std::string(text) + std::string(kTest))) << text;
  }
}

TEST(Template, EveryPrefixOfALiteralIsKnown) {
  for (const std::string_view prefix :
       {"", "u", "U", "r", "R", "b", "B", "f", "F", "br", "bR", "Rb", "rb", "fr", "rF", "FR"}) {
    EXPECT_TRUE(templating::literal_of_prefix(prefix)) << prefix;
  }
  for (const std::string_view prefix : {"ur", "fb", "bf", "rr", "x", "rbf", "ub"}) {
    EXPECT_FALSE(templating::literal_of_prefix(prefix)) << prefix;
  }
}

// Shapes that would take hours if any stage looked back over all that it has seen.
TEST(Template, LargestTemplatesOfAnyShapeAreDecided) {
  const auto filled = [](std::string_view before, std::string_view piece, std::string_view after) {
    std::string text(before);
    while (text.size() + piece.size() + after.size() + kTest.size() <= Template::kMaxBytes) text += piece;
    return text + std::string(after) + std::string(kTest);
  };
  const std::string good[] = {filled("x = '", "${task}", "'\n"),   filled("# ", "${task}: ", "\n"),
                              filled("x_", "${task}", " = 1\n"),   filled("x = [", "${task}, ", "]\n"),
                              filled("", "case = ${task};", "\n"), filled("", "f'{${task}}'\n", "\n")};
  for (const std::string& text : good) {
    EXPECT_NO_THROW(Template::compile("t.py", text).render(Values().set("task", "a"))) << text.substr(0, 40);
  }
  const std::string bad[] = {filled("", "${", "\n"),
                             filled("x = ", "lambda a=", "${task}: 1\n"),
                             filled("x = (", "1${x}\n", ")\n"),
                             filled("", "case x;", "${task}\n"),
                             filled("x = ", "(", "\n"),
                             filled("f'", "{f'", "\n"),
                             filled("x = (", "${task}\n", ")\n"),
                             filled("(", "lambda ${task}\n", ")\n")};
  for (const std::string& text : bad) {
    try {
      Template::compile("t.py", text);
      ADD_FAILURE() << text.substr(0, 40);
    } catch (const Error& error) {
      EXPECT_LE(error.diagnostics().size(), 101u);
    }
  }
}

// Whatever the text: a template or errors with places inside it, and rendering does not fail in other ways.
TEST(Template, AnyTextIsATemplateOrAnError) {
  constexpr std::string_view pieces[] = {"${task}", "${batch_size}",
                                         "${x}",    "${",
                                         "$$",      "'",
                                         "\"",      "\"\"\"",
                                         "f'",      "rb\"",
                                         "{",       "}",
                                         "(",       ")",
                                         "[",       "]",
                                         "\\",      "\n",
                                         "\r",      "\r\n",
                                         "#",       " ",
                                         "    ",    "def test_a():",
                                         "x",       "=",
                                         ":",       ",",
                                         ".",       "1",
                                         "e",       "lambda ",
                                         "for ",    " in ",
                                         "case ",   "import ",
                                         "from ",   " as ",
                                         "@",       "!",
                                         "\\N{",    "\\x",
                                         "coding:", "type:",
                                         "é",       "*",
                                         ";",       "async "};
  std::mt19937 random(7);
  size_t accepted = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string text = round % 2 == 0 ? std::string(kTest) : "";
    for (size_t count = random() % 14; count > 0; --count) text += pieces[random() % std::size(pieces)];
    try {
      const Template t = Template::compile("t.py", text);
      ++accepted;
      t.render(hostile_values());
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::template_text) << text;
      for (const Diagnostic& diagnostic : error.diagnostics()) {
        EXPECT_FALSE(diagnostic.message.empty());
        EXPECT_LE(diagnostic.where.column, diagnostic.where.end_column) << text;
      }
    }
  }
  EXPECT_GT(accepted, 500u);
}

}  // namespace
}  // namespace testloom
