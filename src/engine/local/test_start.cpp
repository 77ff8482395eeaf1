#include "engine/local/test_start.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/json_writer.h"
#include "engine/test_outcome.h"

namespace testloom {

namespace fs = std::filesystem;

const std::vector<std::string>& thread_variables() {
  static const std::vector<std::string> names = {"OMP_NUM_THREADS",        "MKL_NUM_THREADS",
                                                 "OPENBLAS_NUM_THREADS",   "NUMEXPR_NUM_THREADS",
                                                 "VECLIB_MAXIMUM_THREADS", "RAYON_NUM_THREADS"};
  return names;
}

TestStarts::TestStarts(const RunFolders& folders, TestRenderer& renderer,
                       const std::map<std::string, HardwareUse>& uses, const std::vector<PlannedTest>& tests)
    : folders_(folders), renderer_(renderer), uses_(uses) {
  // Imports are of the template, not of its values: one test of each is looked at.
  for (const PlannedTest& test : tests) {
    if (packages_.contains(test.version_id)) continue;
    Imports imports;
    try {
      imports = heavy_imports(renderer_.render(test));
    } catch (const Error&) {
      continue;  // this test's own error, told when it is its turn
    }
    packages_[test.version_id] = imports.packages;
    std::vector<std::string>& all = statements_[imports.packages];
    for (std::string& statement : imports.statements) {
      if (std::find(all.begin(), all.end(), statement) == all.end()) all.push_back(std::move(statement));
    }
  }
}

AttemptStart TestStarts::make(int64_t id, const PlannedTest& test, const Slot& slot, int cores) {
  const HardwareUse& use = uses_.at(test.hardware_type);
  AttemptStart start;
  start.id = id;
  start.test = &test;
  start.content = renderer_.render(test);
  start.outcome = outcome_of_test(test);
  start.outcome.slot = slot.name;
  start.outcome.cores = cores;
  start.start = use.start;
  start.python = use.python;
  start.launch = use.launch;
  start.statements = statements_[packages_[test.version_id]];
  for (const std::string& name : thread_variables()) {
    if (cores > 0) start.parent_environment.emplace_back(name, std::to_string(cores));
  }
  for (const auto& [name, value] : use.environment) {
    std::erase_if(start.parent_environment, [&](const auto& each) { return each.first == name; });
    start.parent_environment.emplace_back(name, value);
  }
  if (!slot.visible.empty()) start.environment.emplace_back(use.visible, slot.visible);
  start.folder = folders_.work / std::to_string(id);
  start.output_file = folders_.output / fmt::format("{}.{}.txt", test.test_id, id);
  start.artifacts = folders_.artifacts / test.test_id;
  start.environment.emplace_back("TESTLOOM_ARTIFACTS", start.artifacts.native());
  start.environment.emplace_back("TESTLOOM_NEEDS", needs_json(test));
  start.estimated_bytes = start.outcome.estimated_host_memory_bytes.value_or(0);
  return start;
}

void TestStarts::remember(const std::string& test_id, const EarlierOutcome& passed) {
  if (passed.artifacts.empty()) {
    left_.erase(test_id);
  } else {
    left_[test_id] = {passed.case_name, passed.template_name,
                      (folders_.journals / passed.artifacts).native()};
  }
}

// The folders of the tests that it depends on, by their case, and by their template's name where only one is
// of that template.
std::string TestStarts::needs_json(const PlannedTest& test) const {
  std::map<std::string_view, std::string_view> folders;
  std::set<std::string_view> names;
  for (const std::string& id : test.dependencies) {
    const auto found = left_.find(id);
    if (found == left_.end()) continue;
    const Left& left = found->second;
    folders[left.case_name] = left.folder;
    if (names.insert(left.template_name).second) {
      folders[left.template_name] = left.folder;
    } else {
      folders.erase(left.template_name);
    }
  }
  JsonWriter text;
  text.begin_object();
  for (const auto& [name, folder] : folders) text.member(name, folder);
  return text.end_object().take();
}

}  // namespace testloom
