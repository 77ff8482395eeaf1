// Spec files as cases: tests/golden/spec/NAME.toml with what comes of it in NAME.expected beside it. The
// beginning of NAME says what that is: ok_ the spec as it was read, err_ the error, whole, with its carets.
// TESTLOOM_UPDATE_GOLDEN=1 writes the expected files anew; the difference is for review.
#include "plan/spec/spec.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "base/text.h"
#include "support/golden.h"

namespace testloom {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(TESTLOOM_SOURCE_DIR) / "tests/golden/spec";

std::string shown(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value.data)) return quote(*text);
  if (const auto* truth = std::get_if<bool>(&value.data)) return *truth ? "true" : "false";
  if (const auto* integer = std::get_if<int64_t>(&value.data)) return fmt::format("{}", *integer);
  return fmt::format("float {}", std::get<double>(value.data));
}

std::string shown(const SpecPlace& place) {
  return fmt::format("@{}:{}-{}", place.line, place.column, place.end_column);
}

std::string axis_line(std::string_view what, const Axis& axis) {
  std::string line = fmt::format("{} {} {}:", what, axis.name, shown(axis.place));
  EXPECT_EQ(axis.values.size(), axis.value_places.size());
  for (size_t i = 0; i < axis.values.size(); ++i)
    line += fmt::format(" {} {}", shown(axis.values[i]), shown(axis.value_places[i]));
  return line + '\n';
}

// From the folder of the cases where it is in there.
std::string shown(const fs::path& path) {
  EXPECT_TRUE(path.is_absolute()) << path;
  const fs::path inside = path.lexically_relative(kFolder);
  return quote(*inside.begin() == ".." ? path.native() : inside.native());
}

void dump_cells(std::string& out, const PlanSpec& spec) {
  for (const Axis& axis : spec.axes) out += axis_line("axis", axis);
  for (size_t i = 0; i < spec.zips.size(); ++i) {
    for (const Axis& axis : spec.zips[i]) out += axis_line(fmt::format("zip {}", i + 1), axis);
  }
  for (const Exclusion& exclusion : spec.exclusions) {
    out += fmt::format("exclude {} {}\n  reason: {}\n", shown(exclusion.place), quote(exclusion.where),
                       quote(exclusion.reason));
  }
  for (const Inclusion& inclusion : spec.inclusions) {
    out += fmt::format("include {}:", shown(inclusion.place));
    for (size_t i = 0; i < inclusion.cell.size(); ++i) {
      const auto& [name, value] = inclusion.cell[i];
      out += fmt::format(" {} = {} {}", name, shown(value), shown(inclusion.value_places.at(i)));
    }
    out += '\n';
  }
}

void dump_run(std::string& out, const RunSection& run) {
  std::string line;
  if (run.jobs) line += fmt::format(" jobs {}", *run.jobs);
  if (run.memory_bytes) line += fmt::format(" memory {}", *run.memory_bytes);
  if (run.timeout_seconds) line += fmt::format(" timeout {} s", *run.timeout_seconds);
  if (run.retries) line += fmt::format(" retries {}", *run.retries);
  if (run.fetch_jobs) line += fmt::format(" fetch jobs {}", *run.fetch_jobs);
  if (run.control_groups) line += fmt::format(" control groups {}", *run.control_groups);
  if (run.cache_bytes) line += fmt::format(" cache {}", *run.cache_bytes);
  if (!line.empty()) out += "run" + line + '\n';
}

// One line a fact.
std::string dump(const PlanSpec& spec) {
  std::string out = fmt::format("name {}\n", quote(spec.name));
  for (const ModelSource& model : spec.models) {
    out += model.list ? fmt::format("models list {} {}\n", shown(*model.list), shown(model.place))
                      : fmt::format("models {} {}\n", quote(model.pattern), shown(model.place));
  }
  if (spec.templates) {
    for (size_t i = 0; i < spec.templates->size(); ++i)
      out += fmt::format("template {} {}\n", quote((*spec.templates)[i]), shown(spec.template_places.at(i)));
  } else {
    out += "all templates\n";
  }
  out += fmt::format("hardware types {}\nbatch sizes {}\n", fmt::join(spec.hardware_types, " "),
                     fmt::join(spec.batch_sizes, " "));
  for (size_t i = 0; i < spec.expectations.size(); ++i)
    out += fmt::format("expectations {} {}\n", shown(spec.expectations[i]),
                       shown(spec.expectation_places.at(i)));
  dump_cells(out, spec);
  for (const auto& [hardware, gigabytes] : spec.memory_limits_gb)
    out += fmt::format("memory {} {} GB\n", hardware, gigabytes);
  out += fmt::format("at most {} tests\n", spec.max_tests);
  if (spec.sample) {
    out += fmt::format("sample{}{} seed {}\n", spec.sample->pairwise ? " pairwise" : "",
                       spec.sample->tests ? fmt::format(" {} tests", *spec.sample->tests) : "",
                       spec.sample->seed);
  }
  for (const HardwareSection& section : spec.hardware) {
    out += fmt::format("hardware {} {} device {}", section.name, shown(section.place), quote(section.device));
    for (const auto& [key, value] :
         std::initializer_list<std::pair<const char*, const std::string&>>{{"python", section.python},
                                                                           {"probe", section.probe},
                                                                           {"visible", section.visible},
                                                                           {"launch", section.launch},
                                                                           {"start", section.start},
                                                                           {"health", section.health},
                                                                           {"recover", section.recover}}) {
      if (!value.empty()) out += fmt::format(" {} {}", key, quote(value));
    }
    for (const auto& [name, value] : section.env) out += fmt::format(" {}={}", name, quote(value));
    out += '\n';
  }
  dump_run(out, spec.run);
  return out;
}

// Paths in errors are as they are given: from the folder of the cases.
class SpecGolden : public testing::Test {
 protected:
  SpecGolden() : before_(fs::current_path()) { fs::current_path(kFolder); }
  ~SpecGolden() override { fs::current_path(before_); }

  static std::string outcome(const std::string& name) {
    try {
      const std::string dumped = dump(read_spec(name));
      EXPECT_TRUE(name.starts_with("ok_")) << name << " has no error";
      return dumped;
    } catch (const Error& error) {
      EXPECT_TRUE(name.starts_with("err_")) << error.what();
      EXPECT_EQ(error.kind(), ErrorKind::spec) << name;
      return std::string(error.what()) + '\n';
    }
  }

 private:
  fs::path before_;
};

TEST_F(SpecGolden, EveryCaseGivesWhatItsFileSays) {
  std::map<std::string, int> kinds;
  for (const fs::directory_entry& entry : fs::directory_iterator(kFolder)) {
    if (entry.path().extension() != ".toml") continue;
    const std::string name = entry.path().filename();
    const std::string got = outcome(name);
    const fs::path expected = fs::path(entry.path()).replace_extension(".expected");
    ++kinds[name.substr(0, name.find('_'))];
    compare_with_golden(expected, got);
  }
  EXPECT_GE(kinds["err"], 50);
  EXPECT_GE(kinds["ok"], 10);
}

TEST_F(SpecGolden, EveryExpectedFileHasItsCase) {
  for (const fs::directory_entry& entry : fs::directory_iterator(kFolder)) {
    EXPECT_TRUE(fs::exists(fs::path(entry.path()).replace_extension(".toml"))) << entry.path();
  }
}

class SpecFiles : public testing::Test {
 protected:
  SpecFiles() {
    std::string pattern = (fs::temp_directory_path() / "testloom-spec-XXXXXX").native();
    folder = ::mkdtemp(pattern.data());
  }
  ~SpecFiles() override { fs::remove_all(folder); }

  fs::path write(const std::string& text, const std::string& name = "plan.toml") {
    write_file(folder / name, text, ErrorKind::usage);
    return folder / name;
  }

  // The error's kind and its text, the folder left out; "no error" where there is none.
  std::string error_of(const fs::path& file) {
    try {
      read_spec(file);
      return "no error";
    } catch (const Error& error) {
      std::string text = fmt::format("{}: {}", kind_name(error.kind()), error.what());
      for (size_t at = 0; (at = text.find(folder.native() + "/")) != std::string::npos;)
        text.erase(at, folder.native().size() + 1);
      return text;
    }
  }

  fs::path folder;
};

TEST_F(SpecFiles, WhatCannotBeReadIsAMistakeOfTheCall) {
  EXPECT_EQ(error_of(folder / "none.toml"),
            "usage: cannot read 'none.toml': No such file or directory\n  check the path");
  fs::create_directory(folder / "sub");
  EXPECT_EQ(error_of(folder / "sub"), "usage: cannot read 'sub': Is a directory\n  name a file in it");
  ::mkfifo((folder / "pipe").c_str(), 0600);
  EXPECT_EQ(error_of(folder / "pipe"),
            "usage: cannot read 'pipe': it is not a regular file\n  name a regular file");
  EXPECT_EQ(error_of(write(std::string(kMaxSpecBytes + 1, '#'))),
            "usage: 'plan.toml' is larger than 1048576 bytes, the most that is read\n"
            "  check that this is the file you mean");
  const fs::path hidden = write("[plan]\nmodels = ['a']\n", "hidden.toml");
  fs::permissions(hidden, fs::perms::none);
  if (::access(hidden.c_str(), R_OK) != 0) {  // root reads everything
    EXPECT_EQ(error_of(hidden),
              "usage: cannot read 'hidden.toml': Permission denied\n  check its permissions");
  }
}

TEST_F(SpecFiles, BytesThatAreNoTextAreShownWhereTheyStand) {
  EXPECT_EQ(error_of(write("[plan]\nmodels = ['h\xC3\xA9\xFFy']\n")),
            "spec: plan.toml:2:14: the byte 0xff is not UTF-8\n  models = ['h\xC3\xA9?y']\n"
            "               ^\n  save the file as UTF-8");
  EXPECT_EQ(error_of(write(std::string("[plan]\nname = 'a\0b'\n", 20))),
            "spec: plan.toml:2:10: the character U+0000 stands in the file\n  name = 'a?b'\n           ^\n"
            "  leave it out");
}

TEST_F(SpecFiles, AByteOrderMarkAndCarriageReturnsDoNotMovePlaces) {
  const PlanSpec spec = read_spec(write("\xEF\xBB\xBF[plan]\r\nmodels = ['a']\r\n"));
  EXPECT_EQ(spec.models.at(0).place, (SpecPlace{2, 11, 14}));
  EXPECT_EQ(
      error_of(write("\xEF\xBB\xBFplam = 1\r\n[plan]\r\nmodels = ['a']\r\n")),
      "spec: plan.toml:1:1: unknown key 'plam' in the file\n  plam = 1\n  ^^^^\n  did you mean 'plan'?");
}

TEST_F(SpecFiles, TheNameIsThatOfTheFile) {
  EXPECT_EQ(read_spec(write("[plan]\nmodels = ['a']\n", "nightly run.toml")).name, "nightly run");
  EXPECT_EQ(error_of(write("[plan]\nmodels = ['a']\n", "12.toml")),
            "spec: 12.toml:1:2: the plan's name, that of the file, '12' is a number\n  [plan]\n   ^^^^\n"
            "  numbers stand for plans by their id; write name = \"nightly\"");
}

TEST_F(SpecFiles, PathsAreFromTheSpecsFolder) {
  fs::create_directory(folder / "sub");
  const PlanSpec spec =
      read_spec(write("[plan]\nmodels = [{list = '../m.csv'}, {list = '/data/m.csv'}]\n", "sub/p.toml"));
  EXPECT_EQ(*spec.models.at(0).list, folder / "m.csv");
  EXPECT_EQ(*spec.models.at(1).list, "/data/m.csv");
}

// Texts that could cost a stack or a long time.
TEST_F(SpecFiles, DeepAndLongTextsAreRefusedOrReadInTime) {
  const auto repeated = [](std::string_view text, size_t times) {
    std::string out;
    while (times-- > 0) out += text;
    return out;
  };
  const std::string head = "[plan]\nmodels = ['a']\n[run]\n";
  EXPECT_NE(error_of(write(head + "x = " + repeated("[", 1'000'000))).find("nested more than 32 deep"),
            std::string::npos);
  EXPECT_NE(error_of(write(head + "x = " + repeated("{a=", 300'000))).find("nested more than 32 deep"),
            std::string::npos);
  for (const std::string_view name : {"a.", "'a'.", "\"=\" . "}) {
    EXPECT_NE(error_of(write(head + repeated(name, 100'000) + "a = 1")).find("more than 16 names in one key"),
              std::string::npos);
    EXPECT_NE(error_of(write("[" + repeated(name, 100'000) + "a]")).find("more than 16 names in one key"),
              std::string::npos);
  }
  const std::string quoted = head + "x = {y = \"\"\"\nit's \"\"\", " + repeated("a.", 100'000) + "a = 1}";
  EXPECT_NE(error_of(write(quoted)).find("more than 16 names in one key"), std::string::npos);
  const std::string nested = repeated("{" + repeated("a.", 15) + "a = ", 32);
  // All of it is read, and then there is no such key.
  for (const std::string& text :
       {"x = " + nested + "1" + repeated("}", 32),
        "x = '" + repeated("a.", 400'000) + "'\n# " + repeated(".", 100'000), repeated("[[run.x]]\n", 80'000),
        "x = [" + repeated("'v',", 200'000) + "]"}) {
    const std::string error = error_of(write(head + text));
    EXPECT_NE(error.find("unknown key 'x' in [run]"), std::string::npos) << error.substr(0, 200);
    EXPECT_EQ(error.find("plan.toml:"), error.rfind("plan.toml:")) << "one mistake";
  }
  EXPECT_EQ(error_of(write("[plan]\nmodels = ['a']\nexclude = [" + repeated("{where='x'},", 80'000) + "]")),
            "no error");
}

TEST_F(SpecFiles, PastAHundredMistakesAreCounted) {
  std::string text = "[plan]\nmodels = [";
  for (int i = 0; i < 200'000; ++i) text += "1, ";
  const fs::path file = write(text + "]\n");
  try {
    read_spec(file);
    FAIL() << "no error";
  } catch (const Error& error) {
    ASSERT_EQ(error.diagnostics().size(), 101u);
    EXPECT_EQ(error.diagnostics().back().message, "199900 mistakes more not shown");
  }
}

// A spec with some of everything, changed at random, is read or refused with places that are in the text.
class SpecMutation : public SpecFiles {
 protected:
  std::string mutate(std::string text) {
    for (size_t changes = 1 + below(4); changes > 0; --changes) {
      if (text.empty()) return text;
      const size_t at = below(text.size());
      switch (below(7)) {
        case 0:
          text.erase(at, 1 + below(3));
          break;
        case 1:
          text.insert(at, text.substr(below(text.size()), 1 + below(8)));
          break;
        case 2:
          text[at] = static_cast<char>(below(256));
          break;
        case 3:
          text.replace(at, 1, mark());
          break;
        case 4:
          text.insert(at, mark());
          break;
        case 5:  // a line less
          text.erase(line_start(text, at), line_length(text, at));
          break;
        default:  // a line twice
          text.insert(line_start(text, below(text.size())),
                      text.substr(line_start(text, at), line_length(text, at)));
          break;
      }
    }
    return text;
  }

  static void check_places(const std::string& text, const Error& error) {
    const std::vector<std::string> lines = split(text, '\n');
    const SourcePosition* before = nullptr;
    for (const Diagnostic& diagnostic : error.diagnostics()) {
      const SourcePosition& where = diagnostic.where;
      ASSERT_GE(where.line, 1) << diagnostic.message;
      ASSERT_LE(where.line, static_cast<int>(lines.size())) << diagnostic.message;
      ASSERT_GE(where.column, 1) << diagnostic.message;
      const int length = static_cast<int>(count_code_points(lines[where.line - 1]));
      ASSERT_LE(where.column, length + 1) << format_diagnostic(diagnostic) << '\n' << text;
      ASSERT_GT(where.end_column, where.column) << format_diagnostic(diagnostic) << '\n' << text;
      ASSERT_LE(where.end_column, length + 2) << format_diagnostic(diagnostic) << '\n' << text;
      ASSERT_FALSE(diagnostic.message.empty());
      if (before) {
        ASSERT_LE(std::pair(before->line, before->column), std::pair(where.line, where.column));
      }
      before = &where;
    }
  }

  size_t below(size_t limit) { return random_() % limit; }

 private:
  std::string mark() {
    constexpr std::string_view ascii = "[]{}\"'=,.#\n\r\t -+x_0129eE\\";
    constexpr std::string_view others[] = {"\u00e9", "\u591c",     "\u201c", "\u00a0",
                                           "\u2028", "\U0001f600", "\\\n"};
    const size_t which = below(ascii.size() + std::size(others));
    return std::string(which < ascii.size() ? ascii.substr(which, 1) : others[which - ascii.size()]);
  }

  static size_t line_start(const std::string& text, size_t at) {
    return at == 0 ? 0 : text.rfind('\n', at - 1) + 1;  // npos + 1 is 0
  }
  static size_t line_length(const std::string& text, size_t at) {
    return std::min(text.find('\n', at), text.size() - 1) + 1 - line_start(text, at);
  }

  std::mt19937_64 random_{20240229};
};

TEST_F(SpecMutation, IsReadOrRefusedAtAPlace) {
  const std::string good = read_file(kFolder / "ok_everything.toml", size_t{1} << 20, ErrorKind::usage);
  const char* wanted = std::getenv("TESTLOOM_SPEC_MUTATIONS");
  const int rounds = wanted ? std::atoi(wanted) : 4000;
  int refused = 0;
  for (int round = 0; round < rounds; ++round) {
    std::string text = mutate(good);
    const fs::path file = write(text);
    try {
      dump(read_spec(file));
    } catch (const Error& error) {
      ASSERT_EQ(error.kind(), ErrorKind::spec) << error.what();
      if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
      check_places(text, error);
      if (HasFatalFailure()) return;
      ++refused;
    }
  }
  EXPECT_GT(refused, rounds / 2);
  EXPECT_LT(refused, rounds);
}

}  // namespace
}  // namespace testloom
