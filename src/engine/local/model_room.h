// The room that models take in the hub's cache: which models of a run have tests left, and the removal of
// those that have none, where the cache is larger than it is to be. Never touches other models.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/local/hub_models.h"

namespace testloom {

class ModelRoom {
 public:
  // `models` outlive this; `limit` is in bytes, of each cache; none: nothing is removed or measured.
  ModelRoom(const std::vector<HubModel>& models, std::optional<int64_t> limit, size_t tests);

  bool has_tests_left(size_t model) const { return uses_[model].tests_left > 0; }
  // Whether the model's cache is over its limit.
  bool is_full(size_t model);
  void fetch_begins(size_t model) { uses_[model].is_fetched = true; }
  void fetch_ends(size_t model);
  // The test has its last outcome: where it was its model's last, there may be models to remove.
  void test_ended(size_t test);
  // What was removed.
  std::vector<std::string> notes() const;

 private:
  struct Use {
    size_t tests_left = 0;
    bool is_fetched = false;  // at this moment
  };
  // A hub's cache, by what was in it when it was looked at.
  struct Cache {
    std::map<std::filesystem::path, int64_t> bytes;  // by model's folder
    int64_t total = 0;
    std::deque<size_t>
        unused;  // models that have no tests left, the one whose last test ended first in front
  };

  Cache& cache_of(size_t model);
  void measure(Cache& cache, const std::filesystem::path& folder);
  void make_room(size_t model);
  void remove(Cache& cache, size_t model);

  const std::vector<HubModel>& models_;
  std::optional<int64_t> limit_;
  std::vector<Use> uses_;                         // by model
  std::vector<std::optional<size_t>> models_of_;  // by test
  std::map<std::filesystem::path, Cache> caches_;
  std::vector<std::string> removed_;
  int64_t removed_bytes_ = 0;
  std::vector<std::string> failures_;
};

}  // namespace testloom
