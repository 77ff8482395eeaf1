// The public interface: names and values, rendering, line ends, and what happens when a value is missing.
#include "testloom/template.h"

#include <random>

#include <fmt/core.h>
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
    names += fmt::format("{}:{} ", info.name, type_word(info.type));
    EXPECT_FALSE(info.meaning.empty());
  }
  EXPECT_EQ(names,
            "model_name:text model_family:text model_location:text task:text hardware_type:text device:text "
            "batch_size:integer test_id:text template_name:text config:dict model:dict ");
}

TEST(Template, ValuesAreChecked) {
  const Template t =
      Template::compile("t.py", "#% param mode: str = \"a\" in [\"a\", \"b\"]\n" + std::string(kTest));
  Renderer renderer(t);
  const auto set = [&](std::string_view name, Value value) {
    return message_of([&] { renderer.set(name, value); }, ErrorKind::usage);
  };
  EXPECT_EQ(set("modle_name", "x"), "unknown name 'modle_name'\n  did you mean 'model_name'?");
  EXPECT_EQ(set("batch_size", "4"), "the value of 'batch_size' must be an integer\n  it is '4'");
  EXPECT_EQ(set("task", 4), "the value of 'task' must be text\n  it is 4");
  EXPECT_EQ(set("task", "\xff"), "the value of 'task' is not UTF-8");
  EXPECT_EQ(set("mode", "c"), "the value of 'mode' cannot be 'c'\n  it is one of 'a', 'b'");
  EXPECT_EQ(set("task", "x"), "no error");
  Value nested;
  for (int depth = 0; depth < 65; ++depth) nested = Value(Value::List{nested});
  EXPECT_EQ(set("config", Value(Value::Dict{{"deep", nested}})),
            "the value of 'config' is nested more than 64 deep");
}

TEST(Template, UsedNamesAreEachThereOnce) {
  const Template t =
      Template::compile("t.py", "x = '${device} ${model_name} ${device}'\n" + std::string(kTest));
  EXPECT_EQ(t.used_names(), (std::vector<std::string_view>{"model_name", "device"}));
}

TEST(Template, MissingValueNamesThePlaceholder) {
  const Template t = Template::compile("t.py", "x = '${task}'\ny = '${device}'\n" + std::string(kTest));
  Renderer renderer(t);
  renderer.set("task", "a");
  EXPECT_EQ(message_of([&] { renderer.render(); }, ErrorKind::template_text),
            "t.py:2:6: no value for 'device'\n  y = '${device}'\n       ^^^^^^^^^");
  EXPECT_EQ(renderer.set("device", "b").render(), "x = 'a'\ny = 'b'\n" + std::string(kTest));
  renderer.clear();
  EXPECT_EQ(message_of([&] { renderer.render(); }, ErrorKind::template_text).substr(0, 28),
            "t.py:1:6: no value for 'task");
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
  EXPECT_EQ(t.render({}), "# coding: utf-8\n" + std::string(kTest));
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
  const std::string bad[] = {filled("", "#% if batch_size\n", "\n"),
                             filled("", "#% for x in [1]\n", "\n"),
                             filled("", "x = ${config.a", "}\n"),
                             filled("", "${", "\n"),
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

// What an earlier render set is not there in the next one, nor in its errors.
TEST(Template, ARenderLeavesNothingToTheNext) {
  CompileOptions text;
  text.output = OutputKind::text;
  const Template t =
      Template::compile("t.txt", "#% set y = [v for v in [str(config.a), task[9] + 'x']]\n${y}\n", text);
  Renderer renderer(t);
  renderer.set("config", Value::Dict{{"a", "SECRET"}}).set("task", "0123456789");
  EXPECT_EQ(renderer.render(), "['SECRET', '9x']\n");
  renderer.set("task", "short");
  const std::string said = message_of([&] { renderer.render(); }, ErrorKind::template_text);
  EXPECT_EQ(said.find("SECRET"), std::string::npos) << said;
}

TEST(Template, LiteralsWithoutAValueAreMistakes) {
  EXPECT_TRUE(
      message_of(
          [] { Template::compile("t.py", "#% param x: int = --9223372036854775808\n" + std::string(kTest)); },
          ErrorKind::template_text)
          .starts_with("t.py:1:19: "));
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
