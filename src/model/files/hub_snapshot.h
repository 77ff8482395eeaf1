// The folders of the hub's cache: models--ORGANISATION--NAME/snapshots/COMMIT, with refs/main naming the
// commit that the hub's main branch had when it was fetched last.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace testloom {

// organisation/name for models--organisation--name; nothing for a folder called otherwise.
std::optional<std::string> hub_model_name(std::string_view folder);

struct HubSnapshot {
  std::string model_name;
  std::filesystem::path folder;
  std::string revision;  // the commit
};

// The snapshot of a model's cache folder: main's, or else the newest; nothing where there is none.
std::optional<HubSnapshot> chosen_snapshot(const std::filesystem::path& cache_folder);

// What a path of the form …/models--organisation--name/snapshots/COMMIT is; nothing for any other.
std::optional<HubSnapshot> snapshot_at(const std::filesystem::path& folder);

}  // namespace testloom
