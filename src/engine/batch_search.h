// Looks for the largest batch size that fits in memory: between the largest that passed and the smallest that
// ran out, the middle is tried until both are neighbours. Knows nothing of processes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plan/other_batch.h"
#include "plan/tests.h"

namespace testloom {

struct FoundBatch {
  std::string model_name;
  std::string hardware_type;
  std::string template_name;
  std::string chain;              // the case, with a * for the batch size
  std::optional<int64_t> passed;  // the largest that did
  int64_t ran_out = 0;            // the smallest that ran out of memory beyond that
  std::string stopped;            // why nothing between them is known; empty: they are neighbours
};

// Of one chain: a test at all its batch sizes.
class BatchSearch {
 public:
  // `tests` are those of the plan, in ascending order, without what they depend on within the chain.
  BatchSearch(std::vector<PlannedTest> tests, DefinitionHashes hashes);

  // How the test ended at this batch size, in this run or, with this very definition, in an earlier one.
  void know(int64_t batch_size, std::string_view outcome);
  void forget(int64_t batch_size) { outcomes_.erase(batch_size); }
  // Any test of the chain, depending on nothing.
  PlannedTest example() const;
  // The test to try next; nothing where the search is over or nothing has run out of memory.
  std::optional<PlannedTest> next() const;
  // In words for people, between what next() looks.
  std::string why() const;
  // At a batch size, the id that its test has.
  std::string id_at(int64_t batch_size) const;
  // Nothing where nothing ran out of memory.
  std::optional<FoundBatch> found() const;

 private:
  struct Bounds {
    int64_t passed = 0;  // 0: none did
    std::optional<int64_t> ran_out;
  };
  Bounds bounds() const;
  std::optional<int64_t> middle() const;
  std::string stopped() const;

  std::vector<PlannedTest> tests_;
  DefinitionHashes hashes_;
  std::map<int64_t, std::string> outcomes_;  // by batch size
};

}  // namespace testloom
