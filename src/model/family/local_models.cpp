#include "model/family/local_models.h"

#include <utility>

namespace testloom {

namespace {

using std::filesystem::path;

constexpr size_t kMaxListed = 1'000'000;  // entries of the working folder

}  // namespace

LocalModels::LocalModels(GgufArchitecture gguf) : gguf_(std::move(gguf)) {
  std::error_code error;
  for (std::filesystem::directory_iterator it(".", error), end; !error && it != end; it.increment(error)) {
    if (here_.size() >= kMaxListed) break;
    here_.insert(it->path().filename().native());
  }
}

std::optional<path> LocalModels::folder_of(std::string_view model_name) const {
  if (model_name.empty() || model_name.find('\0') != model_name.npos) return std::nullopt;
  const bool is_path = model_name.front() == '/' || model_name.front() == '.';
  if (!is_path && !here_.contains(std::string(model_name.substr(0, model_name.find('/'))))) {
    return std::nullopt;
  }
  std::error_code ignored;
  path folder(model_name);
  const bool is_file = folder.extension() == ".gguf" && std::filesystem::is_regular_file(folder, ignored);
  return is_file || std::filesystem::is_directory(folder, ignored) ? std::optional(std::move(folder))
                                                                   : std::nullopt;
}

std::optional<FamilyGuess> LocalModels::family(std::string_view model_name,
                                               std::vector<std::string>* notes) const {
  if (const auto folder = folder_of(model_name)) {
    if (auto found = family_of_folder(*folder, notes, gguf_)) return found;
  }
  const auto snapshot = cache_.snapshot(model_name);
  return snapshot ? family_of_folder(*snapshot, notes, gguf_) : std::nullopt;
}

}  // namespace testloom
