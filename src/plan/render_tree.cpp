#include "plan/render_tree.h"

#include <unordered_set>

#include <fmt/format.h>

#include "base/file_tree.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "plan/background_writer.h"
#include "plan/file_names.h"

namespace testloom {

namespace fs = std::filesystem;

namespace {

constexpr const char* kMarker = ".testloom-rendered";
constexpr const char* kMarkerText =
    "This folder is written by testloom; files in it are replaced and removed.\n";
constexpr const char* kManifest = "manifest.jsonl";
constexpr size_t kMaxManifestBytes = size_t{1} << 32;

// A kill may come before the marker is there, but not before the folder of what is unfinished.
bool is_ours(const fs::path& folder) {
  std::error_code error;
  return fs::exists(folder / kMarker, error) || fs::is_directory(folder / FileTree::kUnfinished, error);
}

void check_folder(const fs::path& folder) {
  std::error_code error;
  const fs::path full = fs::weakly_canonical(folder, error);
  const fs::path current = fs::current_path(error);
  const std::string name = quote(folder.native(), 400);
  for (fs::path at = current;; at = at.parent_path()) {
    if (at == full) {
      throw Error(ErrorKind::usage, fmt::format("{} is the current folder or a parent of it", name),
                  "name a folder for the rendered tests alone");
    }
    if (at == at.parent_path()) break;
  }
  if (fs::exists(full, error) && !fs::is_directory(full, error)) {
    throw Error(ErrorKind::usage, fmt::format("{} is not a folder", name), "name a folder");
  }
  if (fs::exists(full, error) && !fs::is_empty(full, error) && !is_ours(full)) {
    throw Error(ErrorKind::usage,
                fmt::format("{} is not empty, and not a folder that testloom rendered into", name),
                "name a new or empty folder; this one is left as it is");
  }
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    throw Error(ErrorKind::usage,
                fmt::format("cannot make the folder {}: {}", quote(folder.native(), 400), error.message()),
                "check the path and its permissions");
  }
}

std::string_view suffix_of(std::string_view output_kind) {
  constexpr std::pair<std::string_view, std::string_view> suffixes[] = {
      {"text", ".txt"}, {"json", ".json"}, {"yaml", ".yaml"}, {"shell", ".sh"}};
  for (const auto& [kind, suffix] : suffixes) {
    if (kind == output_kind) return suffix;
  }
  return ".py";
}

std::string manifest_line(const PlannedTest& test, const TestPlaces::Place& place) {
  JsonWriter line;
  line.begin_object()
      .member("test_id", test.test_id)
      .member("case", test.case_name)
      .member("path", fmt::format("{}/{}", place.folder, place.name))
      .end_object();
  return line.take() + "\n";
}

// The paths that a manifest lists, as parts of its text; they are made of characters that JSON leaves as they
// are.
std::vector<std::string_view> listed_paths(std::string_view manifest) {
  constexpr std::string_view key = "\"path\": \"";
  std::vector<std::string_view> paths;
  while (!manifest.empty()) {
    const size_t end = std::min(manifest.find('\n'), manifest.size());
    const std::string_view line = manifest.substr(0, end);
    manifest.remove_prefix(std::min(end + 1, manifest.size()));
    const size_t at = line.rfind(key);
    if (at == std::string_view::npos) continue;
    const std::string_view rest = line.substr(at + key.size());
    paths.push_back(rest.substr(0, rest.find('"')));
  }
  return paths;
}

std::string manifest_of(const fs::path& folder) {
  std::error_code error;
  const fs::path path = folder / kManifest;
  if (!fs::is_regular_file(fs::symlink_status(path, error))) return {};
  return read_file(path, kMaxManifestBytes, ErrorKind::engine);
}

// Removes what earlier renderings wrote and this one does not have; nothing else that stands there.
int64_t remove_stale(FileTree& files, std::string_view old_manifest, std::string_view manifest) {
  if (old_manifest == manifest && files.left_behind().empty()) return 0;
  std::vector<std::string_view> before = listed_paths(old_manifest);
  before.insert(before.end(), files.left_behind().begin(), files.left_behind().end());
  if (before.empty()) return 0;
  const std::vector<std::string_view> now = listed_paths(manifest);
  const std::unordered_set<std::string_view> kept(now.begin(), now.end());
  int64_t removed = 0;
  for (const std::string_view path : before) {
    if (kept.contains(path)) continue;
    const size_t slash = path.find('/');
    if (slash == std::string_view::npos) continue;
    const std::string_view name = path.substr(slash + 1);
    const std::string_view parent = path.substr(0, slash);
    const bool ours = name.starts_with("test_") && name.find('/') == std::string_view::npos &&
                      !parent.empty() && parent != "." && parent != "..";
    if (ours && files.remove(std::string(parent), std::string(name))) ++removed;
  }
  return removed;
}

}  // namespace

RenderedTree render_tree(Connection& connection, const TestFilter& filter, const fs::path& folder) {
  check_folder(folder);
  if (!has_tests(connection, filter)) {
    throw Error(ErrorKind::usage,
                fmt::format("there is no test to render{}",
                            filter.hardware_types.empty() ? "" : " on " + join(filter.hardware_types, ", ")),
                "`testloom tests list` shows what the plan has");
  }
  make_folder(folder);
  FileTree files(folder);
  files.enter(".");
  files.put(kMarker, kMarkerText);

  RenderedTree tree;
  TestRenderer renderer;
  TestPlaces places({kMarker, kManifest, FileTree::kUnfinished});
  std::string manifest;
  BackgroundWriter writer(files);
  for_each_test_to_render(connection, filter, [&](const PlannedTest& test) {
    renderer.load(connection, test);
    TestPlaces::Place place = places.place_of(test, suffix_of(test.output_kind));
    manifest += manifest_line(test, place);
    writer.put(place.folder, place.name, renderer.render(test));
    ++tree.files;
  });
  tree.written = writer.finish();

  const std::string old_manifest = manifest_of(folder);
  // In this order: the old manifest says what is left to remove when a kill comes now.
  tree.removed = remove_stale(files, old_manifest, manifest);
  files.enter(".");
  files.put(kManifest, manifest);
  files.finish();
  return tree;
}

}  // namespace testloom
