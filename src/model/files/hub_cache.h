// Where the model hub's client keeps what it has downloaded: folders models--ORG--NAME with
// snapshots/REVISION in them. Looks only; downloads nothing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace testloom {

// $HF_HUB_CACHE, $HF_HOME/hub, $XDG_CACHE_HOME/huggingface/hub or ~/.cache/huggingface/hub, the first that is
// said; empty where not even a home is known.
std::filesystem::path hub_cache_folder();
// The same for another environment: `variable` gives the value of a name, empty where it is not set.
std::filesystem::path hub_cache_folder(const std::function<std::string(const char*)>& variable);

// Whether a location can be the hub's: "name" or "organisation/name", of the letters that the hub allows.
bool is_hub_id(std::string_view location);

// Where a cache keeps "org/name", whether it is there or not; empty for what can be no folder's name.
std::filesystem::path folder_in_cache(const std::filesystem::path& cache, std::string_view model_name);

// Whether a model's folder of a cache has a snapshot with weights, and no download that was broken off.
bool is_downloaded(const std::filesystem::path& folder);

// The newest downloaded snapshot of "org/name": the one that refs/main names, else the one changed last.
// Nothing where the cache does not have it.
std::optional<std::filesystem::path> cached_snapshot(std::string_view model_name);

// The same for many names: the cache's folder is listed once, and then only the models in it are looked at.
class HubCache {
 public:
  explicit HubCache(std::filesystem::path folder = hub_cache_folder());

  bool empty() const { return folders_.empty(); }
  std::vector<std::string> names() const;  // of all models in it, sorted
  std::optional<std::filesystem::path> snapshot(std::string_view model_name) const;

 private:
  std::filesystem::path folder_;
  std::unordered_set<std::string> folders_;
};

}  // namespace testloom
