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
#include "support/golden.h"
#include "template/lexer.h"
#include "template/placement/scanner.h"
#include "template/program.h"
#include "template_values.h"

namespace testloom {
namespace {

namespace fs = std::filesystem;
using namespace templating;

const fs::path kFolder = fs::path(TESTLOOM_SOURCE_DIR) / "tests/golden/template";

std::string mistakes_text(const Sources& sources, Mistakes mistakes) {
  if (mistakes.empty()) return {};
  try {
    sources.refuse(std::move(mistakes));
  } catch (const Error& error) {
    return fmt::format("---\n{}\n", error.what());
  }
}

std::vector<Site> sites_of(const Sources& sources, const Expressions& expressions,
                           const Resolution& resolution) {
  std::vector<Site> sites;
  for (const Place& place : resolution.places) {
    const Expression& expression = expressions[place.expression];
    sites.push_back({.span = place.span,
                     .name = sources.text(expression.span),
                     .type = expression.type,
                     .known = expression.kind != ExpressionKind::broken});
  }
  return sites;
}

// What the stage that the name begins with makes of the text, and the mistakes found until then.
std::string dump_stage(const std::string& name, const std::string& text) {
  Sources sources(name, text);
  Expressions expressions;
  Mistakes mistakes;
  if (name.starts_with("lex_")) {
    const std::string dumped = dump(sources, lex(sources, 0, mistakes));
    return dumped + mistakes_text(sources, mistakes);
  }
  const Tree tree = compose(sources, expressions, {}, mistakes).tree;
  std::string dumped = name.starts_with("parse_") ? dump(sources, expressions, tree) : "";
  if (!name.starts_with("parse_")) {
    const Resolution resolution = resolve(tree, expressions, mistakes);
    const std::vector<Site> sites = sites_of(sources, expressions, resolution);
    const CodeText code(sources, tree.nodes);
    Verdicts verdicts(sites);
    dumped = name.starts_with("scan_") ? dump(code, scan_python(code, verdicts, mistakes).tokens)
                                       : dump(sources, sites, place_in_python(code, sites, true, mistakes));
  }
  return dumped + mistakes_text(sources, mistakes);
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
  for (const char* stage : {"lex_", "parse_", "scan_", "place_"}) {
    if (name.starts_with(stage)) return dump_stage(name, text);
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
  std::map<std::string, int> kinds;
  for (const std::string& name : case_names()) {
    const std::string text = read_file(kFolder / name, size_t{1} << 20, ErrorKind::usage);
    const fs::path expected = (kFolder / name).replace_extension(".expected");
    std::string got;
    ASSERT_NO_THROW(got = outcome(name, text)) << name;
    ++kinds[name.substr(0, name.find('_'))];
    compare_with_golden(expected, got);
  }
  EXPECT_GE(kinds["err"], 80);
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
