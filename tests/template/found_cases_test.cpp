// Templates that fuzzing and random tests found something wrong with, as a table: the text, and what must
// come of it for the values below, or the error as it is shown.
#include <gtest/gtest.h>

#include "testloom/template.h"

namespace testloom {
namespace {

struct Found {
  std::string_view about;
  OutputKind output;
  std::string_view text;
  std::string_view expected;  // "! " before an error
};

constexpr OutputKind kPython = OutputKind::python, kText = OutputKind::text;

const Found kFound[] = {
    {"a name from a dict is no keyword", kPython, "def test_x():\n    class ${config.word}: pass\n",
     "def test_x():\n    class class_d1165595: pass\n"},
    {"a name from a list does not begin with a digit", kPython,
     "def test_x():\n#% for word in config.words\n    ${word} = 1\n#% endfor\n    ${config.words[0]} = 1\n",
     "! t:3:5: 'word' cannot stand where something is assigned to"},
    {"a name in a loop", kPython,
     "def test_x():\n#% for word in config.words\n    def ${word}(): pass\n#% endfor\n    x = 1\n",
     "def test_x():\n    def _1a_07f86307(): pass\n    def b(): pass\n    x = 1\n"},
    {"an attribute from a dict is no keyword", kPython, "def test_x(y=1):\n    y.${config.word}\n",
     "! t:2:7: 'config.word' cannot be 'class' here"},
    {"a dict whose key cannot be one has a place", kText, "a\n${1, {config: 1}}",
     "! t:2:6: 'dict' cannot be the key"},
    {"what a loop cannot go through has a place", kText, "#% for x in config.n\n#% endfor\n",
     "! t:1:13: 'int' cannot be gone through"},
    {"a method of a number in hexadecimals", kText, "${1 or 0x1F.upper()}",
     "! t:1:8: 'upper' is a method of text"},
    {"what cannot be written has a place", kText, "a ${[zip()]}",
     "! t:1:3: '[zip()]' cannot be of type 'list' here"},
    {"the same in a string", kPython, "def test_x():\n    x = '${[zip()]}'\n",
     "! t:2:12: what enumerate() and zip() give cannot be written as text"},
    {"a comprehension as an argument that is taken whole", kText, "${str(x for x in config)}",
     "! t:1:7: a comprehension stands in [ ] here"},
    {"a comprehension beside another argument", kText, "${max(x for x in config.words, default=1)}",
     "! t:1:7: a comprehension stands in [ ] here"},
    {"a comprehension as the only argument", kText, "${max(x for x in config.words)}", "b"},
    {"the ends of a range's part", kText, "${range(9223372036854775806, -9223372036854775807, -7)[-2::2]}",
     "range(-9223372036854775794, -9223372036854775808, -14)"},
    {"values nested without end", kText,
     "#% set x = []\n#% for i in range(1000)\n#% set x = [x]\n#% endfor\n${x}",
     "! t:3:12: this value is nested more than 200 deep"},
    {"constants that are large when written out", kText,
     "${1 if [[[[0] * 1000] * 1000] * 1000] * 1000 else task}", "1"},
    {"a value whose parts stand in it again and again", kPython,
     "#% set x = [1]\n#% for i in range(60)\n#% set x = [x, x]\n#% endfor\ndef test_x(): return ${x}\n",
     "! t:5:22: 'x' cannot be of type 'list' here"},
    {"the same in JSON", OutputKind::json,
     "#% set x = [1]\n#% for i in range(60)\n#% set x = [x, x]\n#% endfor\n${x}\n",
     "! t:5:1: 'x' cannot be of type 'list' here"},
    {"the same as a key", kText,
     "#% set x = (1,)\n#% for i in range(60)\n#% set x = (x, x)\n#% endfor\n${len({x: 1})}\n",
     "! t:5:7: this takes too long"},
    {"the same compared", kText,
     "#% set x = [1]\n#% set y = [1]\n#% for i in range(60)\n#% set x = [x, x]\n#% set y = [y, y]\n#% "
     "endfor\n${x == y}\n",
     "! t:7:3: this takes too long"},
    {"a range that nobody can write", OutputKind::json, "${range(2 ** 62)}",
     "! t:1:1: 'range(2 ** 62)' cannot be range("},
    {"a long text looked at in every pass", kText,
     "#% set t = 'x' * 16000000\n${len([0 for i in range(1000000) if len(t) > 0])}\n",
     "! t:2:37: this takes too long"},
    {"a text that nearly stands in another everywhere", kText, "${('a' * 8000000 + 'b') in ('a' * 16000000)}",
     "False"},
    {"the same from the right", kText, "${len(('a' * 16000000).rsplit('b' + 'a' * 8000000))}", "1"},
    {"lists of many passes", kText,
     "${len([0 for y in range(1000) for x in range(1000) if [y, [x] * 1000]])}", "! t:1:59: "},
};

std::string outcome(const Found& found) {
  try {
    const Template compiled = Template::compile("t", found.text, {.output = found.output});
    return compiled.render(
        {{"task", "fill-mask"},
         {"config", Value::Dict{{"word", "class"}, {"words", Value::List{"1a", "b"}}, {"n", 3}}}});
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::template_text);
    return "! " + std::string(error.what());
  }
}

TEST(TemplateFoundCases, AreWhatTheTableSays) {
  for (const Found& found : kFound) {
    const std::string got = outcome(found);
    if (found.expected.starts_with("! ")) {
      EXPECT_TRUE(got.starts_with(found.expected)) << found.about << "\n" << got;
    } else {
      EXPECT_EQ(got, found.expected) << found.about;
    }
  }
}

}  // namespace
}  // namespace testloom
