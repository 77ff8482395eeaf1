#include "engine/local/model_room.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "base/units.h"

namespace testloom {

namespace fs = std::filesystem;

namespace {

constexpr size_t kMostNames = 10;

// Of all files below it; links count for nothing.
int64_t bytes_below(const fs::path& folder) {
  int64_t bytes = 0;
  std::error_code error;
  if (!fs::is_directory(fs::symlink_status(folder, error))) return 0;
  for (fs::recursive_directory_iterator it(folder, fs::directory_options::skip_permission_denied, error), end;
       !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (!fs::is_regular_file(it->symlink_status(ignored))) continue;
    const uintmax_t size = it->file_size(ignored);
    if (!ignored) bytes += static_cast<int64_t>(size);
  }
  return bytes;
}

}  // namespace

ModelRoom::ModelRoom(const std::vector<HubModel>& models, std::optional<int64_t> limit, size_t tests)
    : models_(models), limit_(limit), uses_(models.size()), models_of_(tests) {
  for (size_t i = 0; i < models.size(); ++i) {
    uses_[i].tests_left = models[i].tests.size();
    for (const size_t test : models[i].tests) models_of_[test] = i;
  }
}

ModelRoom::Cache& ModelRoom::cache_of(size_t model) {
  const fs::path& folder = models_[model].cache;
  const auto [found, is_new] = caches_.try_emplace(folder);
  if (is_new) {
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
      measure(found->second, it->path());
  }
  return found->second;
}

void ModelRoom::measure(Cache& cache, const fs::path& folder) {
  int64_t& known = cache.bytes[folder];
  const int64_t bytes = bytes_below(folder);
  cache.total += bytes - known;
  known = bytes;
}

bool ModelRoom::is_full(size_t model) { return limit_ && cache_of(model).total > *limit_; }

void ModelRoom::fetch_ends(size_t model) {
  uses_[model].is_fetched = false;
  if (!limit_) return;
  measure(cache_of(model), models_[model].folder);
  make_room(model);
}

void ModelRoom::test_ended(size_t test) {
  const std::optional<size_t> model = models_of_[test];
  if (!model || --uses_[*model].tests_left > 0 || !limit_) return;
  Cache& cache = cache_of(*model);
  measure(cache, models_[*model].folder);  // tests may have downloaded it themselves
  cache.unused.push_back(*model);
  make_room(*model);
}

void ModelRoom::make_room(size_t model) {
  Cache& cache = cache_of(model);
  for (auto it = cache.unused.begin(); it != cache.unused.end() && cache.total > *limit_;) {
    if (uses_[*it].is_fetched) {
      ++it;  // until its fetch has ended
      continue;
    }
    if (!models_[*it].is_kept) remove(cache, *it);
    it = cache.unused.erase(it);
  }
}

// What is left of a removal that is broken off are files without a snapshot, which the hub's client takes up
// again.
void ModelRoom::remove(Cache& cache, size_t model) {
  const HubModel& gone = models_[model];
  const int64_t before = cache.bytes[gone.folder];
  std::error_code error;
  if (!fs::is_directory(fs::symlink_status(gone.folder, error))) return;
  fs::remove_all(gone.folder / "snapshots", error);
  if (!error) fs::remove_all(gone.folder, error);
  measure(cache, gone.folder);
  if (error) {
    failures_.push_back(
        fmt::format("{} cannot be removed from the hub's cache: {}", gone.location, error.message()));
    return;
  }
  removed_.push_back(gone.location);
  removed_bytes_ += before;
}

std::vector<std::string> ModelRoom::notes() const {
  std::vector<std::string> notes = failures_;
  if (removed_.empty()) return notes;
  const size_t shown = std::min(removed_.size(), kMostNames);
  const std::string names = join(std::span(removed_).first(shown), ", ");
  notes.push_back(
      fmt::format("{} without tests left removed from the hub's cache, which is to stay within {}: {}{} ({})",
                  counted(removed_.size(), "model"), show_bytes(static_cast<double>(*limit_)), names,
                  removed_.size() > shown ? fmt::format(" and {} more", removed_.size() - shown) : "",
                  show_bytes(static_cast<double>(removed_bytes_))));
  return notes;
}

}  // namespace testloom
