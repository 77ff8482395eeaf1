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
#include "oracle_cases.h"
#include "template_values.h"

namespace testloom {
namespace {

namespace fs = std::filesystem;

void write_case(std::string& lines, const Case& c, const std::string& plain, const std::string& hostile,
                const Value& plain_value, const Value& hostile_value) {
  JsonWriter json;
  json.begin_object();
  json.member("id", c.id);
  json.member("kind", c.kind == "strict_name" ? std::string_view("name") : c.kind);
  json.member("plain", plain).member("hostile", hostile);
  const auto put = [&](std::string_view key, const Value& value) {
    json.key(key);
    const std::string* text = std::get_if<std::string>(&value.data);
    text ? json.value(*text) : json.value(std::get<int64_t>(value.data));
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
  const char* seed = std::getenv("TESTLOOM_ORACLE_SEED");  // another one looks elsewhere
  std::mt19937 random(seed ? static_cast<unsigned>(std::atoi(seed)) : 11);
  Tally tally;
  for (int round = 0; round < 40000; ++round) {
    const std::string text = random_template(random) + std::string(kTail);
    try {
      const Template compiled = Template::compile("random.py", text);
      if (compiled.used_names().empty()) continue;
      Values values;
      const std::string plain = compiled.render(values.set("task", "zqplain"));
      const std::string value = random() % 8 == 0 ? "" : hostile[random() % hostile.size()];
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
