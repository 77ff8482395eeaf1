#include "model/files/hub_snapshot.h"

#include "base/files.h"
#include "base/text.h"

namespace testloom {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kPrefix = "models--";
constexpr size_t kMaxReferenceBytes = 256;
constexpr size_t kMaxSnapshots = 10'000;  // of one model that are looked at

std::string main_revision(const fs::path& cache_folder) {
  try {
    const std::string text = read_file(cache_folder / "refs" / "main", kMaxReferenceBytes, ErrorKind::spec);
    const std::string_view revision = trimmed(text);
    return revision.find('/') == revision.npos && revision != ".." ? std::string(revision) : "";
  } catch (const Error&) {
    return "";  // fetched by commit alone
  }
}

}  // namespace

std::optional<std::string> hub_model_name(std::string_view folder) {
  if (!folder.starts_with(kPrefix) || folder.size() == kPrefix.size()) return std::nullopt;
  std::string name(folder.substr(kPrefix.size()));
  for (size_t at = 0; (at = name.find("--", at)) != name.npos; ++at) name.replace(at, 2, "/");
  return name;
}

std::optional<HubSnapshot> chosen_snapshot(const fs::path& cache_folder) {
  const auto model_name = hub_model_name(cache_folder.filename().native());
  if (!model_name) return std::nullopt;
  const fs::path snapshots = cache_folder / "snapshots";
  std::error_code error;
  const std::string main = main_revision(cache_folder);
  if (!main.empty() && fs::is_directory(snapshots / main, error))
    return HubSnapshot{*model_name, snapshots / main, main};
  std::optional<HubSnapshot> newest;
  fs::file_time_type newest_time;
  size_t entries = 0;
  for (fs::directory_iterator entry(snapshots, error), end; !error && entry != end; entry.increment(error)) {
    if (++entries > kMaxSnapshots) break;
    std::error_code ignored;
    if (!entry->is_directory(ignored)) continue;
    const fs::file_time_type time = entry->last_write_time(ignored);
    const std::string revision = entry->path().filename().native();
    // Of two that are as new, always the same one.
    if (newest && std::pair(time, revision) < std::pair(newest_time, newest->revision)) continue;
    newest = HubSnapshot{*model_name, entry->path(), revision};
    newest_time = time;
  }
  return newest;
}

std::optional<HubSnapshot> snapshot_at(const fs::path& folder) {
  if (folder.parent_path().filename() != "snapshots") return std::nullopt;
  const auto model_name = hub_model_name(folder.parent_path().parent_path().filename().native());
  if (!model_name) return std::nullopt;
  return HubSnapshot{*model_name, folder, folder.filename().native()};
}

}  // namespace testloom
