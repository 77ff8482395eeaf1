// The property that the template language stands on, with CPython as the oracle (see oracle.py): whatever the
// value, the rendered text is the harmless one's syntax tree with exactly that value as its leaf. Runs on
// $TESTLOOM_TEST_PYTHON or python3, and on every CPython 3.8 to 3.13 that pyenv has.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <set>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "template_values.h"

namespace testloom {
namespace {

namespace fs = std::filesystem;

// A placement: a template whose ${task} (text) or ${batch_size} (integer) is the value under test.
struct Case {
  std::string_view id;
  std::string_view kind;  // leaf, name, strict_name (values that are no names are errors), comment
  std::string_view text;
};

constexpr std::string_view kTail = "\ndef test_it():\n    return 1\n";

constexpr Case kCases[] = {
    {"str double", "leaf", R"(x = "${task}")"},
    {"str single", "leaf", R"(x = 'a ${task} b')"},
    {"str triple double", "leaf", "x = \"\"\"a\n${task}\"\"\""},
    {"str triple single", "leaf", "x = '''${task}\nb'''"},
    {"str u", "leaf", R"(x = u"${task}" + U'${task}')"},
    {"str twice", "leaf", R"(x = "${task}${task}")"},
    {"str joined", "leaf", R"(x = "a" '${task}' "b")"},
    {"str before escape", "leaf", R"(x = "${task}\n\x41\101${task}\\${task}\"")"},
    {"str before digits", "leaf", R"(x = "${task}4142{}N{DASH}")"},
    {"str crlf", "leaf", "x = \"\"\"a\r\n${task}\rb\"\"\"\r\n"},
    {"docstring", "leaf", R"("""${task}""")"},
    {"docstring inner", "leaf", "class A:\n    '''${task}'''\n    def f(self):\n        \"${task}\""},
    {"str key", "leaf", R"(x = {"${task}": '${task}'}["${task}"])"},
    {"bytes", "leaf", R"(x = b"${task}" + B'a${task}')"},
    {"bytes triple", "leaf", "x = b'''${task}\n'''"},
    {"fstring", "leaf", R"(y = 1; x = f"${task}")"},
    {"fstring single", "leaf", R"(y = 1; x = f'{y}${task}{y!r:>{y}}')"},
    {"fstring braces", "leaf", R"(y = 1; x = F"{{${task}}}{{{y}${task}}}")"},
    {"fstring triple", "leaf", "y = 1; x = f'''${task}\n{y}${task}'''"},
    {"fstring joined", "leaf", R"(y = 1; x = f"{y}" "${task}" f'${task}{y}')"},
    {"expression", "leaf", "x = ${task}"},
    {"expression list", "leaf", "x = [${task}, (${task}), {${task}: ${task}}]"},
    {"expression call", "leaf", "def f():\n    return print(${task}, sep=${task}, *${task})"},
    {"expression method", "leaf", "x = ${task}.upper() + ${task}[0]"},
    {"expression percent", "leaf", "def f(): return '%s' % ${task} if not ${task} in y else -z"},
    {"expression default", "leaf", "def f(a=${task}, b: ${task} = ${task}, *, c=lambda d=${task}: d): pass"},
    {"expression lines", "leaf", "x = (\n    ${task},\n    ${task}\n) + \\\n  ${task}"},
    {"annotation", "leaf", "x: ${task} = ${task}"},
    {"integer", "leaf", "x = ${batch_size} * 2 ** ${batch_size} - ${batch_size}"},
    {"integer method", "leaf", "x = ${batch_size}.real, ${batch_size} .imag"},
    {"integer slice", "leaf", "def f(y): return y[${batch_size}:${batch_size}]"},
    {"integer str", "leaf", R"(x = "${batch_size}" + f'${batch_size}')"},
    {"integer field", "leaf", R"(w = 1; x = f"{${batch_size}} {${batch_size}!r:>{w}} {w:{${batch_size}}}")"},
    {"comment top", "comment", "# ${task}"},
    {"comment alone", "comment", "#${task}"},
    {"comment second", "comment", "#!/usr/bin/python\n# ${task} and ${task}"},
    {"comment doubled", "comment", "# ${task}${task}"},
    {"comment colon", "comment", "# ${task}: utf-7\n# ${task}= utf-7"},
    {"comment cod", "comment", "# cod${task}"},
    {"comment cod ing", "comment", "# cod${task}ing: utf-7\n#t${task}ype: int"},
    {"comment coding", "comment", "# en${task}coding${task}: utf-7"},
    {"comment later", "comment", "x = 1\ny = []  #${task}\nz = {  # ${task}\n}\n#${task}: int"},
    {"comment ty", "comment", "\n\n\nx = 1  # ty${task}:\n# ${task}e: ignore"},
    {"comment crlf", "comment", "# ${task}\r\nx = 1 # ${task}\ry = 2"},
    {"name part", "name", "v_${task} = 1"},
    {"name part begin", "name", "${task}_v = 1"},
    {"name part middle", "name", "def f_${task}_x(a_${task}=1, **k): return a_${task}"},
    {"name capital", "name", "class X${task}: pass"},
    {"name one letter", "name", "x${task} = 1"},
    {"name underscore", "name", "_${task} = 1"},
    {"name argument", "name", "def f(): return g(k_${task}=1)"},
    {"name number", "name", "v_${batch_size} = 1; x${batch_size} = 2"},
    {"name class", "name", "class ${task}: pass"},
    {"name def", "name", "class A:\n    def ${task}(self): pass"},
    {"name as", "name", "import os as ${task}"},
    {"name global", "name", "def f():\n    global a, ${task}\n    b = 1"},
    {"name field", "name", "v_${task} = 1; x = f'{v_${task}}'"},
    {"attribute", "strict_name", "x = 1 .real.${task}"},
    {"attribute part", "strict_name", "def f(y): y.a_${task} = y.b_${task}()"},
    {"import", "strict_name", "def f():\n    import ${task}, a.${task}"},
    {"import from", "strict_name", "def f():\n    from ${task} import ${task}_x, a_${task} as y"},
    {"field name", "strict_name", R"(def f(): return f"{${task}} {${task}.a!r}")"},
};

std::vector<std::string> hostile_texts() {
  using namespace std::string_literals;
  std::vector<std::string> texts = {"",
                                    " ",
                                    "'",
                                    "\"",
                                    "'''",
                                    "\"\"\"",
                                    "''",
                                    "a'b\"c",
                                    "\\",
                                    "\\\\",
                                    "a\\",
                                    "\\'",
                                    "\\\"",
                                    "\\n",
                                    "\n",
                                    "\r",
                                    "\r\n",
                                    "a\nb",
                                    "\t",
                                    "\x0c",
                                    "\x0b",
                                    "\x1a",
                                    "\x1b[31m",
                                    "\x7f",
                                    "\0"s,
                                    "a\0b"s,
                                    "\u0085",
                                    "\u00a0",
                                    "\u2028",
                                    "\u2029",
                                    "\ufeff",
                                    "\u200b",
                                    "\u202e evil",
                                    "\u00ad",
                                    "${x}",
                                    "${task}",
                                    "$$",
                                    "$",
                                    "{}",
                                    "{",
                                    "}",
                                    "}}",
                                    "{{",
                                    "{0}",
                                    "{x!r}",
                                    "%s",
                                    "#",
                                    "# x",
                                    "a # b",
                                    "coding: utf-7",
                                    "-*- coding: latin-1 -*-",
                                    "coding=cp1252",
                                    "coding",
                                    "ing: utf-7",
                                    "ing",
                                    "g",
                                    "oding",
                                    "codin",
                                    ": utf-7",
                                    "= utf-7",
                                    "\x0c"
                                    "oding",
                                    "type: ignore",
                                    "type:",
                                    " type: int",
                                    "type",
                                    "yp",
                                    "# type: int",
                                    "pe:",
                                    "ﬁ",
                                    "𝐝𝐞𝐟",
                                    "ª",
                                    "ü",
                                    "e\u0301",
                                    "日本語",
                                    "😀",
                                    "👩‍👩‍👧",
                                    "def",
                                    "class",
                                    "None",
                                    "True",
                                    "lambda",
                                    "print",
                                    "match",
                                    "type_",
                                    "__debug__",
                                    "debug",
                                    "_debug_",
                                    "debug__",
                                    "__",
                                    "_",
                                    "__future__",
                                    "__init__",
                                    "1",
                                    "0",
                                    "-1",
                                    "1e5",
                                    "0x1F",
                                    "1_000",
                                    ".5",
                                    "4.",
                                    "-",
                                    "a-b",
                                    "a_b",
                                    "a.b",
                                    "a b",
                                    "a_b_1234abcd",
                                    "org/model:tag",
                                    "A",
                                    "a1",
                                    "1a",
                                    "x\\N{DASH}",
                                    "N{DASH}",
                                    "x41",
                                    "u0041",
                                    "\\x41",
                                    "\\u0041",
                                    "\\101",
                                    "101",
                                    "r",
                                    "b",
                                    "f",
                                    "rb",
                                    "import os",
                                    "\"; import os; \"",
                                    "'); import os; ('",
                                    "\n    import os\n",
                                    "):\n    pass\n",
                                    "\\\n",
                                    "\U0010ffff",
                                    "\ufffe",
                                    "\U000e0041",
                                    "zqplain",
                                    std::string(4096, 'x'),
                                    std::string(4096, '\\')};
  std::mt19937 random(20240229);
  constexpr std::string_view alphabet[] = {"\\", "'", "\"",     "{",    "}", "\n",     "\r", "#",  ":",
                                           "=",  "$", "N",      "x",    "u", "0",      "7",  "a",  "f",
                                           "_",  " ", "coding", "type", "é", "\u2028", "😀",  "\t", "\x01"};
  for (int i = 0; i < 40; ++i) {
    std::string text;
    const size_t length = random() % 12 + 1;
    for (size_t piece = 0; piece < length; ++piece) text += alphabet[random() % std::size(alphabet)];
    texts.push_back(text);
  }
  return texts;
}

const std::vector<int64_t> kHostileNumbers = {
    0, 1, 7, 10, -1, -17, 64, 255, 101, 1'000'000'000, INT64_MAX, INT64_MIN};

void write_case(std::string& lines, const Case& c, const std::string& plain, const std::string& hostile,
                const Value& plain_value, const Value& hostile_value) {
  JsonWriter json;
  json.begin_object();
  json.member("id", c.id);
  json.member("kind", c.kind == "strict_name" ? std::string_view("name") : c.kind);
  json.member("plain", plain).member("hostile", hostile);
  const auto put = [&](std::string_view key, const Value& value) {
    json.key(key);
    std::visit([&](const auto& held) { json.value(held); }, value);
  };
  put("plain_value", plain_value);
  put("hostile_value", hostile_value);
  json.end_object();
  lines += json.text() + '\n';
}

struct Tally {
  std::string lines;
  size_t cases = 0;
  size_t refused = 0;
};

void run_case(const Case& c, Tally& tally) {
  const std::string text = std::string(c.text) + std::string(kTail);
  const Template compiled = Template::compile(c.id, text);
  const bool is_integer = text.find("${batch_size}") != std::string::npos;
  const std::string name = is_integer ? "batch_size" : "task";
  const Value plain_value = is_integer ? Value(int64_t{41}) : Value("zqplain");
  Values values = plain_values();
  const std::string plain = compiled.render(values.set(name, plain_value));
  std::vector<Value> hostile;
  if (is_integer) {
    hostile.assign(kHostileNumbers.begin(), kHostileNumbers.end());
  } else {
    for (std::string& value : hostile_texts()) hostile.emplace_back(std::move(value));
  }
  for (const Value& value : hostile) {
    try {
      write_case(tally.lines, c, plain, compiled.render(values.set(name, value)), plain_value, value);
      ++tally.cases;
    } catch (const Error& error) {
      EXPECT_EQ(c.kind, "strict_name") << error.what();
      EXPECT_NE(error.message().find("'task' cannot be "), std::string::npos) << error.what();
      ++tally.refused;
    }
  }
}

// The Pythons to ask, each version of pyenv's once.
std::vector<std::string> pythons() {
  const char* chosen = std::getenv("TESTLOOM_TEST_PYTHON");
  std::vector<std::string> found = {chosen && *chosen ? chosen : "python3"};
  const char* home = std::getenv("HOME");
  const fs::path versions = fs::path(home ? home : "/") / ".pyenv/versions";
  if (!fs::exists(versions)) return found;
  for (const fs::directory_entry& entry : fs::directory_iterator(versions)) {
    const std::string version = entry.path().filename();
    for (const std::string_view minor : {"3.8.", "3.9.", "3.10.", "3.11.", "3.12.", "3.13."}) {
      if (version.starts_with(minor)) found.push_back(entry.path() / "bin/python");
    }
  }
  std::sort(found.begin() + 1, found.end());
  return found;
}

int ask(const std::string& python, const std::string& lines) {
  const fs::path file = fs::temp_directory_path() / fmt::format("testloom_oracle_{}.jsonl", ::getpid());
  write_file(file, lines, ErrorKind::usage);
  const std::string command =
      fmt::format("'{}' '{}/tests/template/oracle.py' '{}'", python, TESTLOOM_SOURCE_DIR, file.string());
  const int status = std::system(command.c_str());
  fs::remove(file);
  return status;
}

TEST(TemplateOracle, CPythonSeesEveryValueAsExactlyThatLeaf) {
  Tally tally;
  for (const Case& c : kCases) ASSERT_NO_THROW(run_case(c, tally)) << c.id;
  EXPECT_GE(std::size(kCases), 25u);
  EXPECT_GE(tally.cases, 5000u);
  EXPECT_GE(tally.refused, 100u);
  for (const std::string& python : pythons()) EXPECT_EQ(ask(python, tally.lines), 0) << python;
}

// The oracle itself: what plain substitution does to a hostile value must be a difference.
TEST(TemplateOracle, PlainSubstitutionIsFoundOut) {
  struct Broken {
    std::string_view kind, plain, hostile, value;
  };
  const Broken broken[] = {
      {"leaf", "x = 'zqplain'", "x = 'a\\b'", "a\\b"},
      {"leaf", "x = 'zqplain'", "x = 'a'; y = 'b'", "a'; y = 'b"},
      {"leaf", "x = 'zqplain'", "x = a", "a"},
      {"leaf", "f = 'zqplain'", "f = 'b'", "a"},
      {"name", "v_zqplain = 1", "v_ = 1; y = 2", ""},
      {"name", "zqplain = 1", "__debug__ = 1", "__debug__"},
      {"comment", "# zqplain", "# coding: latin-1", "coding: latin-1"},
      {"comment", "x = 1 # zqplain", "x = 1 # type: int", "type: int"},
      {"comment", "# zqplain\n", "# a\n\n", "a\n"},
      {"any", "x = zqplain", "x = 1; y", "1; y"},
  };
  for (const Broken& b : broken) {
    std::string line;
    write_case(line, {"broken", b.kind, ""}, std::string(b.plain), std::string(b.hostile), Value("zqplain"),
               Value(std::string(b.value)));
    EXPECT_NE(ask(pythons().front(), line), 0) << b.hostile;
  }
}

// Skeletons of statements, @ for an operand, and operands that hold a placeholder or break something.
constexpr std::string_view kStatements[] = {"x = @",
                                            "x = (@, @)",
                                            "f(@, k=@)",
                                            "x = @ + @",
                                            "x = @ @",
                                            "if 1: return @",
                                            "if @: x = @",
                                            "for @ in @: @",
                                            "with @ as @: pass",
                                            "@ = @",
                                            "@",
                                            "x: @ = @",
                                            "del @",
                                            "import @",
                                            "from @ import @ as @",
                                            "class @: x = @",
                                            "def @(@=@): pass",
                                            "@@",
                                            "lambda @: @",
                                            "lambda a=@: @",
                                            "x = [@ for @ in @ if @]",
                                            "x = {@: @, **@}",
                                            "assert @, @",
                                            "raise @ from @",
                                            "global @",
                                            "x = @.@(@)[@:@]",
                                            "x = @ if @ else @",
                                            "@ += @",
                                            "(@) = @",
                                            "x = f'@'",
                                            "x = f'{@}@{@!r:>{@}}'",
                                            "x = rf'''{@}'''",
                                            "# @ @",
                                            "# type@",
                                            "#@",
                                            "x = '''@",
                                            "'''",
                                            "case @: x = @",
                                            "match @:",
                                            "    @",
                                            "x = (@",
                                            ")",
                                            "@ # @",
                                            "x = @; y = @",
                                            "x = \\",
                                            "print @",
                                            "x = f\"{f'@{@}'}\"",
                                            "x = @ @ @",
                                            "async def @(): await @",
                                            "x = 1 @ 2",
                                            "x = -@ ** @",
                                            "x = @ is not @",
                                            "def g(a, *, b=@, c: @ = 1) -> @: return @",
                                            "x = f(@)(@)[@]",
                                            "x = b'@' 'c'",
                                            "x = '@\\'@'",
                                            "x = '@' '@'",
                                            "while @: x = lambda a, b=@: @",
                                            "x = y[@].@",
                                            "class A(@, k=@): @ = 1",
                                            "def h(): yield @",
                                            "x = (@\n,@)"};
constexpr std::string_view kOperands[] = {"${task}",
                                          "${task}",
                                          "${task}",
                                          "'${task}'",
                                          "\"${task}\"",
                                          "v_${task}",
                                          "${task}_v",
                                          "b'${task}'",
                                          "f'${task}'",
                                          "f\"{v}${task}\"",
                                          "'''${task}'''",
                                          "1",
                                          "y",
                                          "y.${task}",
                                          "(${task})",
                                          "*${task}",
                                          "${task}.x",
                                          "${task}(1)",
                                          "u'\\\\${task}'",
                                          "'\\x41${task}'",
                                          "f'{{${task}}}'",
                                          "${task}'",
                                          "r${task}",
                                          "\"\\${task}\"",
                                          "1${task}",
                                          "= ${task}",
                                          "${task}:",
                                          "not ${task}",
                                          "-${task}",
                                          "x:=${task}",
                                          "[${task}]",
                                          "{${task}}",
                                          "i${task}",
                                          "'",
                                          "{",
                                          "\\",
                                          "#",
                                          "f'{${task}=}'",
                                          "f'{v:{${task}}}'",
                                          "f'{v:${task}}'",
                                          "lambda: ${task}",
                                          "\n",
                                          "yield ${task}",
                                          "a, ${task}",
                                          "f'{(lambda: ${task})}'",
                                          "f'''{\n${task}}'''",
                                          "f'\\{${task}}'",
                                          "f'\\N{DASH}${task}'",
                                          "y[${task}]"};

std::string random_template(std::mt19937& random) {
  std::string text;
  for (size_t count = random() % 3 + 1; count > 0; --count) {
    for (const char c : kStatements[random() % std::size(kStatements)]) {
      if (c == '@') {
        text += kOperands[random() % std::size(kOperands)];
      } else {
        text += c;
      }
    }
    text += '\n';
  }
  return text;
}

// A random template that passes the check must be as safe as the ones that people write.
TEST(TemplateOracle, RandomTemplatesThatPassTheCheckAreSafe) {
  const std::vector<std::string> hostile = hostile_texts();
  std::mt19937 random(11);
  Tally tally;
  for (int round = 0; round < 40000; ++round) {
    const std::string text = random_template(random) + std::string(kTail);
    try {
      const Template compiled = Template::compile("random.py", text);
      if (compiled.used_slots().empty()) continue;
      Values values;
      const std::string plain = compiled.render(values.set("task", "zqplain"));
      const std::string& value = hostile[random() % hostile.size()];
      const std::string rendered = compiled.render(values.set("task", value));
      write_case(tally.lines, {text, "any", ""}, plain, rendered, Value("zqplain"), Value(value));
      ++tally.cases;
    } catch (const Error&) {
      ++tally.refused;
    }
  }
  EXPECT_GE(tally.cases, 5000u);
  for (const std::string& python : pythons()) EXPECT_EQ(ask(python, tally.lines), 0) << python;
}

}  // namespace
}  // namespace testloom
