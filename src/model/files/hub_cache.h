// Where the model hub's client keeps what it has downloaded: folders models--ORG--NAME with
// snapshots/REVISION in them. Looks only; downloads nothing.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace testloom {

// $HF_HUB_CACHE, $HF_HOME/hub, $XDG_CACHE_HOME/huggingface/hub or ~/.cache/huggingface/hub, the first that is
// said; empty where not even a home is known.
std::filesystem::path hub_cache_folder();

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
