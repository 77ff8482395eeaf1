#include "engine/batch_searches.h"

#include <algorithm>
#include <map>

#include "base/outcome_words.h"

namespace testloom {

namespace {

std::string chain_of(std::string_view case_name, const CaseParts& parts) {
  return with_batch_size(case_name, parts, "*");
}

std::string chain_of(const PlannedTest& test) {
  return chain_of(test.case_name, {test.model_name, test.hardware_type, test.template_name});
}

using Chains = std::map<std::string, std::vector<PlannedTest>>;

// The selected tests by their chain, in ascending order of batch size, without what they depend on within it.
Chains chains_of(const RunWork& work) {
  Chains chains;
  std::unordered_map<std::string_view, std::string> chain_of_id;
  for (const std::vector<PlannedTest>* tests : {&work.tests, &work.left_out}) {
    for (const PlannedTest& test : *tests) {
      const std::string& chain = chain_of_id[test.test_id] = chain_of(test);
      chains[chain].push_back(test);
    }
  }
  const auto is_within = [&](const std::string& id, const std::string& chain, const PlannedTest& test) {
    const auto found = chain_of_id.find(id);
    if (found != chain_of_id.end()) return found->second == chain;
    const auto earlier = work.earlier.find(id);
    return earlier != work.earlier.end() &&
           chain_of(earlier->second.case_name, {test.model_name, test.hardware_type, test.template_name}) ==
               chain;
  };
  for (auto& [chain, tests] : chains) {
    std::ranges::stable_sort(tests, {}, &PlannedTest::batch_size);
    for (PlannedTest& test : tests)
      std::erase_if(test.dependencies, [&](const std::string& id) { return is_within(id, chain, test); });
  }
  return chains;
}

std::map<int64_t, std::string> template_hashes(Connection& connection) {
  std::map<int64_t, std::string> hashes;
  Result rows = connection.query("SELECT version_id, definition_hash FROM template_versions");
  while (rows.next()) hashes[rows.integer(0)] = rows.text(1);
  return hashes;
}

std::unordered_map<std::string, std::string> model_hashes(Connection& connection, int64_t plan_id,
                                                          const Chains& chains) {
  std::unordered_map<std::string, std::string> hashes;
  for (const auto& [chain, tests] : chains) hashes[tests.front().model_name];
  Result rows =
      connection.query("SELECT model_name, definition_hash FROM plan_models WHERE plan_id = ?", {plan_id});
  while (rows.next()) {
    const auto found = hashes.find(std::string(rows.text(0)));
    if (found != hashes.end()) found->second = rows.text(1);
  }
  return hashes;
}

// Outcomes from which a search learns, the latest of each test. What an expectation made of one hides
// nothing.
constexpr const char* kKnownSql =
    "SELECT test_id::VARCHAR, \"case\", model_name, hardware_type, template_name, batch_size, "
    "coalesce(observed, outcome) FROM outcomes WHERE coalesce(observed, outcome) IN ('passed', 'oom') AND "
    "batch_size IS NOT NULL QUALIFY row_number() OVER (PARTITION BY test_id ORDER BY started_at DESC, "
    "repetition DESC, attempt DESC) = 1";

}  // namespace

BatchSearches::BatchSearches(Connection& connection, RunWork& work) {
  const Chains chains = chains_of(work);
  const auto of_templates = template_hashes(connection);
  const auto of_models = model_hashes(connection, work.plan_id, chains);
  std::unordered_map<std::string, size_t> numbers;
  for (const auto& [chain, tests] : chains) {
    const PlannedTest& first = tests.front();
    numbers[chain] = searches_.size();
    searches_.push_back(
        {BatchSearch(tests, {of_templates.at(first.version_id), of_models.at(first.model_name)})});
  }
  learn(connection, numbers);
  for (size_t i = 0; i < work.tests.size(); ++i) {
    const size_t number = numbers.at(chain_of(work.tests[i]));
    search_of_[i] = number;
    searches_[number].search.forget(work.tests[i].batch_size);
    ++searches_[number].running;
  }
  add_probes(connection, work);
}

void BatchSearches::learn(Connection& connection, const std::unordered_map<std::string, size_t>& chains) {
  Result rows = connection.query(kKnownSql);
  while (rows.next()) {
    const auto chain = chains.find(chain_of(rows.text(1), {rows.text(2), rows.text(3), rows.text(4)}));
    if (chain == chains.end()) continue;
    BatchSearch& search = searches_[chain->second].search;
    const int64_t batch_size = rows.integer(5);
    if (search.id_at(batch_size) == rows.text(0)) search.know(batch_size, rows.text(6));
  }
}

void BatchSearches::add_probes(Connection& connection, RunWork& work) {
  first_probe_ = work.tests.size();
  for (size_t number = 0; number < searches_.size(); ++number) {
    Search& search = searches_[number];
    search.probe = work.tests.size();
    if (search.running == 0 && !search.search.next()) {
      search.is_over = true;
      continue;
    }
    work.tests.push_back(search.search.example());
    work.starts.emplace_back();
    work.renderer.load(connection, work.tests.back());
    search_of_[search.probe] = number;
    if (search.running == 0) fill(search, work);
  }
}

bool BatchSearches::fill(Search& search, RunWork& work) {
  std::optional<PlannedTest> next = search.search.next();
  if (!next) return false;
  const auto begun = work.begun.find(next->test_id);
  work.starts[search.probe] = begun == work.begun.end() ? RunWork::Start() : begun->second;
  work.tests[search.probe] = std::move(*next);
  ++tried_;
  return true;
}

std::vector<size_t> BatchSearches::waiting() const {
  std::vector<size_t> waiting;
  for (const Search& search : searches_) {
    if (search.running > 0) waiting.push_back(search.probe);
  }
  return waiting;
}

std::optional<size_t> BatchSearches::ended(size_t test, std::string_view outcome, RunWork& work) {
  const auto found = search_of_.find(test);
  if (found == search_of_.end()) return std::nullopt;
  Search& search = searches_[found->second];
  search.search.know(work.tests[test].batch_size, outcome);
  if (!is_probe(test) && --search.running > 0) return std::nullopt;
  search.is_over = !fill(search, work);
  return search.probe;
}

std::vector<FoundBatch> BatchSearches::found() const {
  std::vector<FoundBatch> found;
  for (const Search& search : searches_) {
    if (std::optional<FoundBatch> one = search.search.found()) found.push_back(std::move(*one));
  }
  return found;
}

}  // namespace testloom
