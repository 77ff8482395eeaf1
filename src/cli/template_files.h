// Template files on a command line: where `include` and `extends` look for others.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "catalog/template_files.h"
#include "cli/verbs.h"

namespace testloom::cli {

// Reads and checks one file.
Template compile_file(const std::string& file, const CompileOptions& options);

// Finds a template among given files, by file name or by file name without suffix; one in the folder of the
// file that names it comes before others. What is not among them is looked for by `next`. Remembers which
// text named which.
class FilesFinder final : public TemplateFinder {
 public:
  FilesFinder(std::vector<std::string> files, TemplateFinder* next) : files_(std::move(files)), next_(next) {}
  std::optional<FoundTemplate> find(std::string_view name, const std::string& from) override;

  // The paths that given files lead to which no other names: their texts were looked at as parts of others.
  // In a circle every file is named, and none a part.
  std::set<std::string> parts() const;

 private:
  const std::string* find_given(std::string_view name, const std::string& from) const;

  std::vector<std::string> files_;
  TemplateFinder* next_;
  std::map<std::string, std::set<std::string>> named_;  // by the path of the text that names others
};

// The whole chain: among the given files, beside the file that names it, and then where the context says.
class TemplateSearch {
 public:
  // `wanted`: which variants of the store are meant.
  TemplateSearch(const Context& context, std::vector<std::string> files, const VariantWanted& wanted = {});
  FilesFinder& finder() { return files_; }

 private:
  std::unique_ptr<TemplateFinder> stored_;
  BesideFinder beside_;
  FilesFinder files_;
};

}  // namespace testloom::cli
