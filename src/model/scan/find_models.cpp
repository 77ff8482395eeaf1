#include "model/scan/find_models.h"

#include <algorithm>

#include <fmt/format.h>
#include <boost/json/object.hpp>

#include "base/files.h"
#include "base/text.h"
#include "model/files/hub_snapshot.h"
#include "model/files/json_text.h"
#include "model/weights/folder_listing.h"

namespace testloom {

namespace fs = std::filesystem;

namespace {

constexpr int kMaxDepth = 64;

// Whether a config.json is a model's, as far as can be told: other tools' files have the name too.
bool tells_of_a_model(const fs::path& config) {
  try {
    const boost::json::object json =
        parse_json_object(read_file(config, max_config_bytes, ErrorKind::spec), config.native());
    return json.contains("model_type") || json.contains("architectures") || json.contains("_class_name");
  } catch (const Error&) {
    return true;  // broken: told when the model is read
  }
}

std::string joined(const std::string& base, const std::string& name) {
  return base.empty() ? name : base + "/" + name;
}

class Finder {
 public:
  explicit Finder(const FindProgress& progress) : progress_(progress) {}

  FoundModels find(const fs::path& root) {
    const FolderListing listing = list_folder(root);
    if (hub_model_name(root.filename().native()) && listing.has_folder("snapshots")) {
      visit_repository(root);
    } else {
      const auto snapshot = snapshot_at(root);
      revision_ = snapshot ? snapshot->revision : "";
      const std::string own_name = snapshot ? snapshot->model_name : root.filename().native();
      if (is_model(root, listing)) {
        add(own_name, root, listing);
      } else {
        visit_others(root, listing, snapshot ? own_name : "", 0);
      }
    }
    sort_out();
    return std::move(found_);
  }

 private:
  // Whether the folder is one model, with all that is in it.
  static bool is_model(const fs::path& folder, const FolderListing& listing) {
    if (listing.has_file("model_index.json")) return true;
    if (!listing.has_file("config.json")) return false;
    return listing.has_file("modules.json") || !weight_sets(listing.files).empty() ||
           tells_of_a_model(folder / "config.json");
  }

  void visit(const fs::path& folder, const std::string& name, int depth) {
    ++folders_;
    if (progress_) progress_(folders_, found_.models.size());
    if (depth > kMaxDepth) {
      found_.problems.push_back(fmt::format("{} is more than {} folders deep and was not looked into",
                                            quote(folder.native(), 400), kMaxDepth));
      return;
    }
    FolderListing listing;
    try {
      listing = list_folder(folder);
    } catch (const Error& error) {
      found_.problems.push_back(error.message());
      return;
    }
    if (is_model(folder, listing)) {
      add(name, folder, listing);
    } else {
      visit_others(folder, listing, name, depth);
    }
  }

  // A folder that is no model, or one only by weights that stand in it.
  void visit_others(const fs::path& folder, const FolderListing& listing, const std::string& name,
                    int depth) {
    std::vector<WeightSet> sets = weight_sets(listing.files);
    std::erase_if(sets, [](const WeightSet& set) { return set.format == WeightFormat::pytorch; });
    if (sets.size() == 1 && !name.empty()) {
      add_model({name, folder, revision_, folder, std::nullopt});
    } else {
      for (WeightSet& set : sets) add_set(folder, name, std::move(set));
    }
    for (const std::string& inner : listing.folders) {
      if (hub_model_name(inner)) {
        visit_repository(folder / inner);
      } else {
        visit(folder / inner, joined(name, inner), depth + 1);
      }
    }
  }

  void visit_repository(const fs::path& folder) {
    const auto snapshot = chosen_snapshot(folder);
    if (!snapshot) {
      found_.problems.push_back(fmt::format("{} has no snapshot of the model", quote(folder.native(), 400)));
      return;
    }
    revision_ = snapshot->revision;
    visit(snapshot->folder, snapshot->model_name, 0);
    revision_.clear();
  }

  // Quantisations of one model usually share a folder, and each is loaded by its file.
  void add(const std::string& name, const fs::path& folder, const FolderListing& listing) {
    std::vector<WeightSet> sets = weight_sets(listing.files);
    const bool all_gguf = std::all_of(sets.begin(), sets.end(),
                                      [](const WeightSet& set) { return set.format == WeightFormat::gguf; });
    if (sets.size() < 2 || !all_gguf || listing.has_file("model_index.json"))
      return add_model({name, folder, revision_, folder, std::nullopt});
    for (WeightSet& set : sets) add_set(folder, name, std::move(set));
  }

  void add_set(const fs::path& folder, const std::string& name, WeightSet set) {
    const std::string& file = set.index.empty() ? set.files.front() : set.index;
    add_model({joined(name, set.name), folder / file, revision_, folder, std::move(set)});
  }

  void add_model(FoundModel model) {
    found_.models.push_back(std::move(model));
    if (progress_) progress_(folders_, found_.models.size());
  }

  // Orders the models by name, and leaves out those whose name another one has.
  void sort_out() {
    std::stable_sort(found_.models.begin(), found_.models.end(),
                     [](const FoundModel& a, const FoundModel& b) { return a.model_name < b.model_name; });
    std::vector<FoundModel> kept;
    for (FoundModel& model : found_.models) {
      if (kept.empty() || kept.back().model_name != model.model_name) {
        kept.push_back(std::move(model));
        continue;
      }
      found_.problems.push_back(fmt::format("{} has the name of {} and was left out",
                                            quote(model.location.native(), 400),
                                            quote(kept.back().location.native(), 400)));
    }
    found_.models = std::move(kept);
  }

  const FindProgress& progress_;
  FoundModels found_;
  size_t folders_ = 0;
  std::string revision_;  // of the snapshot that is being looked into
};

}  // namespace

FoundModels find_models(const fs::path& folder, const FindProgress& progress) {
  std::error_code error;
  const fs::path root = fs::canonical(folder, error);
  if (error) throw_file_error(ErrorKind::spec, "read the folder", folder, error.value());
  return Finder(progress).find(root);
}

}  // namespace testloom
