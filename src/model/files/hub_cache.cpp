#include "model/files/hub_cache.h"

#include <algorithm>
#include <cstdlib>

#include "model/files/hub_snapshot.h"

namespace testloom {

namespace {

using std::filesystem::path;

constexpr size_t kMaxNameBytes = 200;      // of a name that can be a folder's
constexpr size_t kMaxFolders = 1'000'000;  // of the cache that are listed
constexpr std::string_view kPrefix = "models--";
constexpr size_t kMaxIdBytes = 96;  // of a hub id
constexpr std::string_view kIdLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
constexpr std::string_view kWeightEnds[] = {".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".gguf"};

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// What the folder of "org/name" is called; empty for what is no hub id.
std::string folder_of(std::string_view model_name) {
  if (model_name.empty() || model_name.size() > kMaxNameBytes || model_name.front() == '/') return {};
  std::string folder(kPrefix);
  size_t slashes = 0;
  for (const char c : model_name) {
    if (c == '/') {
      if (++slashes > 1) return {};
      folder += "--";
    } else if (c == '\0' || c == '\n') {
      return {};
    } else {
      folder += c;
    }
  }
  return folder;
}

std::optional<path> snapshot_in(const path& model) {
  std::optional<HubSnapshot> chosen = chosen_snapshot(model);
  return chosen ? std::optional(std::move(chosen->folder)) : std::nullopt;
}

}  // namespace

path hub_cache_folder() { return hub_cache_folder(environment); }

path hub_cache_folder(const std::function<std::string(const char*)>& variable) {
  if (const std::string cache = variable("HF_HUB_CACHE"); !cache.empty()) return cache;
  if (const std::string home = variable("HF_HOME"); !home.empty()) return path(home) / "hub";
  if (const std::string cache = variable("XDG_CACHE_HOME"); !cache.empty()) {
    return path(cache) / "huggingface" / "hub";
  }
  const std::string home = variable("HOME");
  return home.empty() ? path() : path(home) / ".cache" / "huggingface" / "hub";
}

bool is_hub_id(std::string_view location) {
  const size_t slash = location.find('/');
  const std::string_view name = slash == location.npos ? location : location.substr(slash + 1);
  const auto is_part = [](std::string_view part) {
    return !part.empty() && part.find_first_not_of(kIdLetters) == part.npos &&
           std::string_view("-.").find(part.front()) == std::string_view::npos &&
           std::string_view("-.").find(part.back()) == std::string_view::npos;
  };
  return location.size() <= kMaxIdBytes && is_part(name) &&
         (slash == location.npos || is_part(location.substr(0, slash))) &&
         location.find("--") == location.npos && location.find("..") == location.npos;
}

path folder_in_cache(const path& cache, std::string_view model_name) {
  const std::string folder = folder_of(model_name);
  return folder.empty() || cache.empty() ? path() : cache / folder;
}

bool is_downloaded(const path& folder) {
  const std::optional<path> snapshot = snapshot_in(folder);
  if (!snapshot) return false;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder / "blobs", error), end; !error && it != end;
       it.increment(error)) {
    if (it->path().extension() == ".incomplete") return false;
  }
  for (std::filesystem::recursive_directory_iterator it(*snapshot, error), end; !error && it != end;
       it.increment(error)) {
    if (std::ranges::find(kWeightEnds, it->path().extension().native()) != std::end(kWeightEnds)) return true;
  }
  return false;
}

std::optional<path> cached_snapshot(std::string_view model_name) {
  const std::string folder = folder_of(model_name);
  const path cache = hub_cache_folder();
  if (folder.empty() || cache.empty()) return std::nullopt;
  return snapshot_in(cache / folder);
}

HubCache::HubCache(path folder) : folder_(std::move(folder)) {
  if (folder_.empty()) return;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder_, error), end; !error && it != end;
       it.increment(error)) {
    if (folders_.size() >= kMaxFolders) break;
    std::string name = it->path().filename().native();
    if (name.starts_with(kPrefix)) folders_.insert(std::move(name));
  }
}

std::vector<std::string> HubCache::names() const {
  std::vector<std::string> names;
  for (const std::string& folder : folders_) {
    if (auto name = hub_model_name(folder)) names.push_back(*std::move(name));
  }
  std::ranges::sort(names);
  return names;
}

std::optional<path> HubCache::snapshot(std::string_view model_name) const {
  if (folders_.empty()) return std::nullopt;
  const std::string folder = folder_of(model_name);
  if (folder.empty() || !folders_.contains(folder)) return std::nullopt;
  return snapshot_in(folder_ / folder);
}

}  // namespace testloom
