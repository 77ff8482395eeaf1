// What rendering does faster than its description says: each against the plain way.
#include <random>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "template/assemble.h"
#include "template/expression/arena.h"
#include "template/expression/text_traits.h"
#include "testloom/template.h"

namespace testloom {
namespace {

using namespace templating;

constexpr CompileOptions kText{.output = OutputKind::text};
constexpr CompileOptions kKeeping{.output = OutputKind::text, .keeps_places = true};

std::string rendered(const std::string& text, const std::vector<std::pair<std::string, Value>>& values,
                     const CompileOptions& options = kText) {
  try {
    return Template::compile("t", text, options).render(values);
  } catch (const Error& error) {
    return "! " + std::string(error.what());
  }
}

size_t operations_of(const std::string& text) {
  const std::string dump = Template::compile("t", text, kText).dump();
  return static_cast<size_t>(std::count(dump.begin(), dump.end(), '\n'));
}

TEST(TextTraits, OfManyBytesAtOnceAreThoseOfEachByte) {
  std::mt19937 random(7);
  Arena arena;
  for (int byte = 0; byte < 256; ++byte) {
    for (const size_t size : {1u, 15u, 16u, 17u, 40u}) {
      std::string text(size, 'a');
      text[random() % size] = static_cast<char>(byte);
      EXPECT_EQ(byte_traits(arena.copy(text)), byte_traits_of_any(text)) << byte << " in " << size;
    }
  }
  EXPECT_EQ(byte_traits(arena.copy("")), byte_traits_of_any(""));
  // What stands behind a text is not the text's.
  const std::string_view longer = arena.copy("word'\"");
  EXPECT_EQ(byte_traits(longer.substr(0, 4)), byte_traits_of_any("word"));
}

TEST(Conditions, ThatAskForTextsAreWhatTheEvaluatorSays) {
  const std::vector<std::string> conditions = {"task == 'a'",
                                               "'a' == task",
                                               "task != 'a'",
                                               "task == 'a' or task == 'bb'",
                                               "task in ['a', 'bb']",
                                               "task in ('a', 'cc', '')",
                                               "task not in ['a', 'bb']",
                                               "task in []",
                                               "task == 'a' or device == 'cuda'",
                                               "task != 'a' or task == 'bb'",
                                               "task == 'a' == 'a'",
                                               "task == 'a' or task in ['bb', 1]",
                                               "config.x == 'a'",
                                               "task in 'abba'",
                                               "task == ''",
                                               "task == 'a' or (device == 'x' or task == 'bb')",
                                               "batch_size == 'a'",
                                               "config == 'a'"};
  const std::vector<Value> tasks = {"a", "bb", "", "ab", "cuda"};
  for (const std::string& condition : conditions) {
    // The same within a list, which is no condition of a choice.
    const std::string quick = "#% if " + condition + "\nTrue\n#% else\nFalse\n#% endif\n";
    const std::string plain = "#% set held = [" + condition + "]\n${held[0]}\n";
    for (const Value& task : tasks) {
      const std::vector<std::pair<std::string, Value>> values = {
          {"task", task}, {"device", "cuda"}, {"batch_size", 3}, {"config", Value::Dict{{"x", "a"}}}};
      EXPECT_EQ(rendered(quick, values), rendered(plain, values)) << condition;
    }
    const std::string missing = rendered(quick, {{"batch_size", 3}, {"config", Value::Dict{{"x", "a"}}}});
    EXPECT_EQ(missing.starts_with("! "), condition.find("task") != std::string::npos) << condition;
  }
  EXPECT_EQ(rendered("#% if device == 'a' or task == 'b'\nx\n#% endif\n", {{"device", "c"}}),
            "! t:1:24: no value for 'task'\n  #% if device == 'a' or task == 'b'\n"
            "                         ^^^^\n  device is 'c', task is not given");
}

TEST(WrittenOutLoops, AreTextWhereEverythingIsKnown) {
  EXPECT_EQ(operations_of("#% for n in [1, 2, 4]\nsize ${n} ${'x' if loop.last else 'y'}\n#% endfor\n"), 1u);
  EXPECT_EQ(operations_of("#% for a, b in [(1, 'p'), (2, 'q')]\n#% for c in range(a)\n${b}${c}\n#% endfor\n"
                          "#% endfor\n"),
            1u);
  EXPECT_EQ(rendered("#% for a, b in [(1, 'p'), (2, 'q')]\n#% for c in range(a)\n${b}${c}${loop.index}\n"
                     "#% endfor\n#% endfor\n",
                     {}),
            "p01\nq01\nq12\n");
  EXPECT_EQ(operations_of("#% for n in [1, 2]\n#% if n == 1\n${task}\n#% endif\n#% endfor\n"),
            operations_of("${task}\n"));
}

TEST(WrittenOutLoops, StayLoopsWhereSomethingIsDecidedLater) {
  for (const char* body :
       {"${n * batch_size}", "#% set m = n\n${m}", "#% set n = 3\n${n}",
        "#% for t in task\n${n}${t}\n#% endfor", "${-n}", "${1 / (n - 1)}", "${[n for k in task]}"}) {
    const std::string text = fmt::format("#% for n in [1, 2]\n{}\n#% endfor\n", body);
    EXPECT_NE(Template::compile("t", text, kText).dump().find("loop "), std::string::npos) << body;
    const std::vector<std::pair<std::string, Value>> values = {{"task", "ab"}, {"batch_size", 3}};
    EXPECT_EQ(rendered(text, values), rendered(text, values, kKeeping)) << body;
  }
}

TEST(WrittenOutLoops, GrowNoFurtherThanTheirLimit) {
  for (const char* loop :
       {"#% for n in range(1000000)\n${n}\n#% endfor\n", "#% for n in range(999999)\n#% endfor\n",
        "#% for n in range(999)\n#% for m in range(999)\n${m}\n#% endfor\n#% endfor\n"}) {
    std::string text;
    for (int i = 0; i < 200; ++i) text += loop;
    const Template compiled = Template::compile("t", text, kText);
    EXPECT_LE(compiled.dump().size(), 8 * kMostWrittenOut);
  }
}

TEST(OutputLimit, IsExact) {
  const std::string text = "0123456789${task}${batch_size}";
  const Template compiled = Template::compile("t", text, kText);
  Renderer renderer(compiled);
  renderer.set("task", "abcde").set("batch_size", 42);
  EXPECT_EQ(renderer.render(), "0123456789abcde42");
  renderer.set_output_limit(17);
  EXPECT_EQ(renderer.render(), "0123456789abcde42");
  for (const size_t limit : {size_t{16}, size_t{15}, size_t{12}, size_t{3}, size_t{0}}) {
    renderer.set_output_limit(limit);
    EXPECT_THROW(renderer.render(), Error) << limit;
  }
}

}  // namespace
}  // namespace testloom
