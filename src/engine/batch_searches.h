// The searches for the largest batch size of all chains of a run. Each has a probe among the run's tests: a
// place that is filled anew for each batch size that is tried.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/batch_search.h"
#include "engine/run_work.h"
#include "store/database.h"

namespace testloom {

class BatchSearches {
 public:
  BatchSearches() = default;  // of a run that looks for nothing
  // Of the chains that the work's tests belong to and those that `work.left_out` does. Adds a probe to the
  // work for each that may have something to try, behind its tests; what earlier runs say of these very
  // definitions is known.
  BatchSearches(Connection& connection, RunWork& work);

  bool is_probe(size_t test) const { return test >= first_probe_; }
  // Of so many tests those that are no probes.
  size_t planned(size_t tests) const { return std::min(first_probe_, tests); }
  // Why what is in the probe is tried.
  std::string why(size_t probe) const { return searches_.at(search_of_.at(probe)).search.why(); }
  // Probes that wait for the tests of their chain.
  std::vector<size_t> waiting() const;
  // The test has its last outcome. Where that was the last that its chain waited for: the chain's probe,
  // which has now what to try next in it, or is over.
  std::optional<size_t> ended(size_t test, std::string_view outcome, RunWork& work);
  bool is_over(size_t probe) const { return searches_.at(search_of_.at(probe)).is_over; }
  // How many tests were added so far.
  size_t tried() const { return tried_; }
  // By case; those chains in which something ran out of memory.
  std::vector<FoundBatch> found() const;

 private:
  struct Search {
    BatchSearch search;
    size_t running = 0;  // tests of the plan that this run has to end first
    size_t probe = 0;
    bool is_over = false;
  };
  void learn(Connection& connection, const std::unordered_map<std::string, size_t>& chains);
  void add_probes(Connection& connection, RunWork& work);
  bool fill(Search& search, RunWork& work);

  std::vector<Search> searches_;
  std::unordered_map<size_t, size_t> search_of_;  // by test, probes among them
  size_t first_probe_ = SIZE_MAX;
  size_t tried_ = 0;
};

}  // namespace testloom
