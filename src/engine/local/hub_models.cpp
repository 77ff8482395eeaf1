#include "engine/local/hub_models.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

#include "model/files/hub_cache.h"

namespace testloom {

namespace fs = std::filesystem;

namespace {

// As the hardware's tests see it.
std::string variable(const HardwareUse& use, const char* name) {
  for (const auto& [own, value] : use.environment) {
    if (own == name) return value;
  }
  const char* value = std::getenv(name);
  return value ? value : "";
}

bool is_offline(const HardwareUse& use) {
  for (const char* name : {"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"}) {
    std::string value = variable(use, name);
    std::ranges::transform(value, value.begin(), [](unsigned char c) { return std::toupper(c); });
    for (const char* yes : {"1", "ON", "YES", "TRUE"}) {
      if (value == yes) return true;
    }
  }
  return false;
}

// The model's folder of a hub's cache that a path leads into; empty where it leads into none.
fs::path cached_model_of(const fs::path& location) {
  for (fs::path path = location.lexically_normal(); path.has_relative_path(); path = path.parent_path()) {
    if (path.filename().native().starts_with("models--")) return path;
  }
  return {};
}

class Collector {
 public:
  Collector(const RunWork& work, const Machine& machine,
            const std::function<bool(const PlannedTest&)>& may_run)
      : work_(work), machine_(machine), may_run_(may_run) {}

  std::vector<HubModel> collect() {
    for (size_t i = 0; i < work_.tests.size(); ++i) add(i);
    for (HubModel& model : models_) {
      model.is_kept = named_by_path_.contains(model.folder);
      if (!model.loading.empty() && is_downloaded(model.folder)) model.loading.clear();
    }
    return std::move(models_);
  }

 private:
  // Of a hardware type.
  struct Fetcher {
    const HardwareUse* use = nullptr;
    fs::path cache;
    bool can_fetch = false;
  };

  void add(size_t index) {
    const PlannedTest& test = work_.tests[index];
    if (!is_at_hub(test.model_location)) return;
    const Fetcher& fetcher = fetcher_of(test.hardware_type);
    fs::path folder = folder_in_cache(fetcher.cache, test.model_location);
    if (folder.empty()) return;
    const auto [found, is_new] = by_folder_.try_emplace(folder.native(), models_.size());
    if (is_new)
      models_.push_back({test.model_location, fetcher.cache, std::move(folder), {}, {}, nullptr, false});
    HubModel& model = models_[found->second];
    model.tests.push_back(index);
    if (!fetcher.can_fetch || !loads_it(test) || !may_run_(test)) return;
    model.loading.push_back(index);
    if (!model.use) model.use = fetcher.use;
  }

  bool is_at_hub(const std::string& location) {
    const auto [found, is_new] = at_hub_.try_emplace(location, false);
    if (!is_new) return found->second;
    std::error_code error;
    if (!fs::exists(location, error)) {
      found->second = is_hub_id(location);
    } else if (const fs::path folder = cached_model_of(fs::absolute(location, error)); !folder.empty()) {
      named_by_path_.insert(folder);
    }
    return found->second;
  }

  const Fetcher& fetcher_of(const std::string& hardware_type) {
    const auto [found, is_new] = fetchers_.try_emplace(hardware_type);
    if (!is_new) return found->second;
    Fetcher& fetcher = found->second;
    fetcher.use = &machine_.uses.at(hardware_type);
    fetcher.cache = hub_cache_folder([&](const char* name) { return variable(*fetcher.use, name); });
    const auto python = machine_.pythons.find(fetcher.use->python);
    const std::string hub = python == machine_.pythons.end() ? "" : python->second.huggingface_hub;
    fetcher.can_fetch = !hub.empty() && !hub.starts_with("broken") && fetcher.use->launch.empty() &&
                        !is_offline(*fetcher.use);
    return fetcher;
  }

  bool loads_it(const PlannedTest& test) {
    const auto [found, is_new] = loads_.try_emplace(test.version_id, false);
    if (is_new) {
      const std::vector<std::string_view> names = work_.renderer.compiled(test).used_names();
      found->second = std::ranges::find(names, "model_location") != names.end();
    }
    return found->second;
  }

  const RunWork& work_;
  const Machine& machine_;
  const std::function<bool(const PlannedTest&)>& may_run_;
  std::vector<HubModel> models_;
  std::map<std::string, size_t> by_folder_;
  std::map<std::string, bool> at_hub_;  // by location
  std::set<fs::path> named_by_path_;    // models' folders of caches
  std::map<std::string, Fetcher> fetchers_;
  std::map<int64_t, bool> loads_;  // by template version
};

}  // namespace

std::vector<HubModel> hub_models(const RunWork& work, const Machine& machine,
                                 const std::function<bool(const PlannedTest&)>& may_run) {
  return Collector(work, machine, may_run).collect();
}

}  // namespace testloom
