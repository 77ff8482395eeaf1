#include "catalog/template_files.h"

#include <sys/stat.h>

#include <filesystem>

#include "base/files.h"

namespace testloom {

namespace fs = std::filesystem;

namespace {

bool is_there(const fs::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && !S_ISDIR(status.st_mode);
}

// The file names that a template's name may stand for, likely ones first.
std::vector<std::string> file_names_of(std::string_view name, const std::string& from) {
  std::vector<std::string> names;
  if (fs::path(name).has_extension()) names.emplace_back(name);
  const std::string own = fs::path(from).extension().native();
  if (!own.empty()) names.push_back(std::string(name) + own);
  for (const std::string_view suffix : output_suffixes()) {
    if (suffix != own) names.push_back(std::string(name) + std::string(suffix));
  }
  return names;
}

}  // namespace

std::string read_template(const std::string& file) {
  return read_file(file, Template::kMaxBytes, ErrorKind::template_text);
}

CompileOptions options_for(const std::string& file) {
  const fs::path path(file);
  CompileOptions options;
  options.is_partial = path.filename().native().starts_with('_');
  if (!path.has_extension()) return options;
  const std::optional<OutputKind> kind = output_kind_of_suffix(path.extension().native());
  options.must_say_output = !kind;
  options.output = kind.value_or(OutputKind::text);
  return options;
}

std::string template_name_of(const std::string& file) { return fs::path(file).stem().native(); }

std::optional<FoundTemplate> BesideFinder::find(std::string_view name, const std::string& from) {
  const bool is_file_name = !name.empty() && name.find('/') == std::string_view::npos;
  if (is_file_name && !stored_.contains(from)) {
    for (const std::string& file : file_names_of(name, from)) {
      const fs::path path = fs::path(from).parent_path() / file;
      if (is_there(path)) return FoundTemplate{path.native(), read_template(path.native())};
    }
  }
  std::optional<FoundTemplate> found = next_ ? next_->find(name, from) : std::nullopt;
  if (found && found->stored) stored_.insert(found->path);
  return found;
}

}  // namespace testloom
