#include "cli/template_files.h"

#include <filesystem>

namespace testloom::cli {

namespace fs = std::filesystem;

Template compile_file(const std::string& file, const CompileOptions& options) {
  return Template::compile(file, read_template(file), options);
}

const std::string* FilesFinder::find_given(std::string_view name, const std::string& from) const {
  const std::string* chosen = nullptr;
  for (const std::string& file : files_) {
    const fs::path path(file);
    if (path.filename() != name && path.stem() != name) continue;
    if (path.parent_path() == fs::path(from).parent_path()) return &file;
    if (!chosen) chosen = &file;
  }
  return chosen;
}

std::optional<FoundTemplate> FilesFinder::find(std::string_view name, const std::string& from) {
  std::optional<FoundTemplate> found;
  if (const std::string* given = find_given(name, from)) {
    found = FoundTemplate{*given, read_template(*given)};
  } else if (next_) {
    found = next_->find(name, from);
  }
  if (found && found->path != from) named_[from].insert(found->path);
  return found;
}

std::set<std::string> FilesFinder::parts() const {
  std::set<std::string> named;
  for (const auto& [from, paths] : named_) {
    named.insert(paths.begin(), paths.end());
  }
  // From the files that nothing names: a circle is nobody's part.
  std::vector<std::string> waiting;
  for (const std::string& file : files_) {
    if (!named.contains(file)) waiting.push_back(file);
  }
  std::set<std::string> parts;
  while (!waiting.empty()) {
    const auto next = named_.find(waiting.back());
    waiting.pop_back();
    if (next == named_.end()) continue;
    for (const std::string& path : next->second) {
      if (path != next->first && parts.insert(path).second) waiting.push_back(path);
    }
  }
  return parts;
}

TemplateSearch::TemplateSearch(const Context& context, std::vector<std::string> files,
                               const VariantWanted& wanted)
    : stored_(context.stored_templates ? context.stored_templates(wanted) : nullptr),
      beside_(stored_.get()),
      files_(std::move(files), &beside_) {}

}  // namespace testloom::cli
