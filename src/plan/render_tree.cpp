#include "plan/render_tree.h"

#include <fstream>
#include <iterator>
#include <set>

#include <fmt/format.h>

#include "base/files.h"
#include "base/json_writer.h"
#include "base/text.h"

namespace testloom {

namespace fs = std::filesystem;

namespace {

constexpr const char* kMarker = ".testloom-rendered";
constexpr const char* kMarkerText =
    "This folder is written by testloom; files in it are replaced and removed.\n";
constexpr const char* kManifest = "manifest.jsonl";
constexpr size_t kMaxNameBytes = 200;

std::string kept_characters(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '.' || c == '-';
    out += plain ? c : '_';
  }
  return out;
}

// Gives each text its own name within one folder: the first to come keeps the plain one, a later one that
// would share it (also where a file system ignores case) gets a short hash.
class NameChooser {
 public:
  NameChooser(const std::vector<std::string>& reserved = {}) {
    for (const std::string& name : reserved) take(name);
  }
  std::string choose(std::string_view text, size_t limit) {
    const std::string plain = file_name_of(text, limit);
    if (take(plain)) return plain;
    const std::string hashed = file_name_of(text, limit - 9) + "-" + short_hash(text);
    if (take(hashed)) return hashed;
    for (int number = 2;; ++number) {
      const std::string next = fmt::format("{}-{}", file_name_of(hashed, limit - 9), number);
      if (take(next)) return next;
    }
  }

 private:
  bool take(const std::string& name) {
    std::string folded = name;
    for (char& c : folded) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return taken_.insert(folded).second;
  }

  std::set<std::string> taken_;
};

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
  if (fs::exists(full, error) && !fs::is_empty(full, error) && !fs::exists(full / kMarker, error)) {
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

// A model's folder below the tree's. A link there could lead anywhere.
void make_model_folder(const fs::path& folder) {
  std::error_code error;
  if (fs::is_symlink(folder, error)) {
    throw Error(ErrorKind::usage,
                fmt::format("{} is a link; what it points to is left alone", quote(folder.native(), 400)),
                "remove the link and render again");
  }
  make_folder(folder);
}

bool holds(const fs::path& path, const std::string& content) {
  std::error_code error;
  if (!fs::is_regular_file(fs::symlink_status(path, error)) || fs::file_size(path, error) != content.size())
    return false;
  return read_file(path, content.size(), ErrorKind::engine) == content;
}

// Returns whether it had to be written.
bool write_if_changed(const fs::path& path, const std::string& content) {
  if (holds(path, content)) return false;
  write_file(path, content, ErrorKind::engine);
  return true;
}

// The folder of a model and the names in it. Tests come model by model, so one is enough at a time.
struct ModelFolder {
  std::string model_name;
  std::string folder;
  NameChooser files;
};

// The paths that an earlier rendering's manifest lists; they are made of characters that JSON leaves as they
// are.
std::vector<std::string> listed_before(const fs::path& folder) {
  std::vector<std::string> paths;
  std::ifstream manifest(folder / kManifest);
  constexpr std::string_view key = "\"path\": \"";
  for (std::string line; std::getline(manifest, line);) {
    const size_t at = line.rfind(key);
    const size_t begin = at + key.size();
    if (at == std::string::npos) continue;
    const std::string path = line.substr(begin, line.find('"', begin) - begin);
    const fs::path parts(path);
    const bool ours =
        path.ends_with(".py") && std::distance(parts.begin(), parts.end()) == 2 && *parts.begin() != "..";
    if (ours) paths.push_back(path);
  }
  return paths;
}

// Removes what an earlier rendering wrote and this one does not have; nothing else that stands there.
int64_t remove_stale(const fs::path& folder, const std::vector<std::string>& before,
                     const std::set<std::string>& kept) {
  int64_t removed = 0;
  std::error_code error;
  for (const std::string& path : before) {
    if (kept.contains(path)) continue;
    removed += fs::remove(folder / path, error) ? 1 : 0;
    const fs::path parent = (folder / path).parent_path();
    if (fs::is_empty(parent, error)) fs::remove(parent, error);
  }
  return removed;
}

}  // namespace

std::string file_name_of(std::string_view text, size_t limit) {
  std::string name = kept_characters(text);
  if (name.empty() || name == "." || name == ".." || name.front() == '-') name = "_" + name;
  if (name.size() > limit) name = name.substr(0, limit - 9) + "-" + short_hash(text);
  return name;
}

RenderedTree render_tree(Connection& connection, const TestFilter& filter, const fs::path& folder) {
  check_folder(folder);
  RenderedTree tree;
  TestRenderer renderer;
  NameChooser folders({kMarker, kManifest});
  ModelFolder model;
  std::string manifest;
  std::set<std::string> kept;
  for_each_test(connection, filter, [&](const PlannedTest& test) {
    if (tree.files == 0) {
      make_folder(folder);
      write_if_changed(folder / kMarker, kMarkerText);
    }
    if (model.folder.empty() || model.model_name != test.model_name) {
      model = {test.model_name, folders.choose(test.model_name, kMaxNameBytes), {}};
      make_model_folder(folder / model.folder);
    }
    const std::string stem =
        fmt::format("test_{}_{}_b{}", test.template_name, test.hardware_type, test.batch_size);
    const std::string path =
        fmt::format("{}/{}.py", model.folder, model.files.choose(stem, kMaxNameBytes - 3));
    renderer.load(connection, test);
    const std::string content(renderer.render(test));
    if (write_if_changed(folder / path, content)) ++tree.written;
    ++tree.files;
    kept.insert(path);
    JsonWriter line;
    line.begin_object()
        .member("test_id", test.test_id)
        .member("case", test.case_name)
        .member("path", path)
        .end_object();
    manifest += line.text() + "\n";
  });
  if (tree.files == 0) {
    throw Error(ErrorKind::usage,
                fmt::format("there is no test to render{}",
                            filter.hardware_types.empty() ? "" : " on " + join(filter.hardware_types, ", ")),
                "`testloom tests list` shows what the plan has");
  }
  const std::vector<std::string> before = listed_before(folder);
  write_if_changed(folder / kManifest, manifest);
  tree.removed = remove_stale(folder, before, kept);
  return tree;
}

}  // namespace testloom
