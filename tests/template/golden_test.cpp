// Cases as files: tests/golden/template/NAME.tpl with what comes of it in NAME.expected beside it. The
// beginning of NAME says what is pinned:
//   lex_ parse_ scan_ place_  the dump of that stage
//   err_                      the error of compiling it, whole, with its carets
//   fail_                     the error of rendering it with hostile values
//   ok_                       the program and the text for plain values
//   same_                     as ok_; the text equals plain substitution byte for byte
// TESTLOOM_UPDATE_GOLDEN=1 writes the expected files anew; the difference is for review.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "template/placement/scanner.h"
#include "template/program.h"
#include "template_values.h"

namespace testloom {
namespace {

namespace fs = std::filesystem;
using namespace templating;

const fs::path kFolder = fs::path(TESTLOOM_SOURCE_DIR) / "tests/golden/template";

std::string mistakes_text(const Source& source, Mistakes mistakes) {
  if (mistakes.empty()) return {};
  try {
    source.refuse(std::move(mistakes));
  } catch (const Error& error) {
    return fmt::format("---\n{}\n", error.what());
  }
}

// What `make(source, tree, mistakes)` dumps, and the mistakes found on the way.
template <typename Make>
std::string dump_stage(const std::string& name, const std::string& text, Make make) {
  const Source source(name, text);
  Mistakes mistakes;
  const std::vector<Token> tokens = lex(source, mistakes);
  if (name.starts_with("lex_")) return dump(source, tokens) + mistakes_text(source, mistakes);
  const Tree tree = parse(source, tokens, mistakes);
  const std::string dumped = make(source, tree, mistakes);
  return dumped + mistakes_text(source, mistakes);
}

std::vector<Site> sites_of(const Tree& tree) {
  std::vector<Site> sites;
  for (const Node& node : tree.nodes) {
    if (const Placeholder* placeholder = std::get_if<Placeholder>(&node)) {
      const ValueType type = placeholder->name == "batch_size" ? ValueType::integer : ValueType::text;
      sites.push_back({placeholder->span, placeholder->name, type, !placeholder->name.empty()});
    }
  }
  return sites;
}

std::string error_of(const auto& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::template_text);
    return std::string(error.what()) + '\n';
  }
  ADD_FAILURE() << "no error";
  return {};
}

std::string outcome(const std::string& name, const std::string& text) {
  if (name.starts_with("lex_")) {
    return dump_stage(name, text, [](auto&&...) { return std::string(); });
  }
  if (name.starts_with("parse_")) {
    return dump_stage(name, text,
                      [](const Source& source, const Tree& tree, Mistakes&) { return dump(source, tree); });
  }
  if (name.starts_with("scan_")) {
    return dump_stage(name, text, [](const Source& source, const Tree& tree, Mistakes& mistakes) {
      const CodeText code(tree);
      Verdicts verdicts(sites_of(tree));
      return dump(code, scan_python(source, code, verdicts, mistakes).tokens);
    });
  }
  if (name.starts_with("place_")) {
    return dump_stage(name, text, [](const Source& source, const Tree& tree, Mistakes& mistakes) {
      return dump(source, tree, place_in_python(source, tree, sites_of(tree), mistakes));
    });
  }
  if (name.starts_with("err_")) return error_of([&] { Template::compile(name, text); });
  const Template compiled = Template::compile(name, text);
  if (name.starts_with("fail_")) return error_of([&] { compiled.render(hostile_values()); });
  const std::string rendered = compiled.render(plain_values());
  if (name.starts_with("same_")) {
    EXPECT_EQ(rendered, plainly_substituted(text)) << name;
  }
  return compiled.dump() + "---\n" + rendered;
}

std::vector<std::string> case_names() {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".tpl") names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

TEST(TemplateGolden, EveryCaseGivesWhatItsFileSays) {
  const bool update = std::getenv("TESTLOOM_UPDATE_GOLDEN") != nullptr;
  std::map<std::string, int> kinds;
  for (const std::string& name : case_names()) {
    const std::string text = read_file(kFolder / name, size_t{1} << 20, ErrorKind::usage);
    const fs::path expected = (kFolder / name).replace_extension(".expected");
    std::string got;
    ASSERT_NO_THROW(got = outcome(name, text)) << name;
    ++kinds[name.substr(0, name.find('_'))];
    if (update) {
      write_file(expected, got, ErrorKind::usage);
    } else {
      ASSERT_TRUE(fs::exists(expected)) << expected << " is missing";
      EXPECT_EQ(got, read_file(expected, size_t{1} << 20, ErrorKind::usage)) << name;
    }
  }
  EXPECT_GE(kinds["err"], 40);
  EXPECT_GE(kinds["ok"] + kinds["same"], 10);
}

TEST(TemplateGolden, EveryExpectedFileHasItsCase) {
  for (const fs::directory_entry& entry : fs::directory_iterator(kFolder)) {
    fs::path input = entry.path();
    EXPECT_TRUE(fs::exists(input.replace_extension(".tpl"))) << entry.path();
  }
}

}  // namespace
}  // namespace testloom
