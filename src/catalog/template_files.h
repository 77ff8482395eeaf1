// Template files: reading one, what its name says about it, and where a file looks for others that it
// includes.
#pragma once

#include <set>
#include <string>

#include "testloom/template.h"

namespace testloom {

// Throws an Error (template_text) when the file cannot be read.
std::string read_template(const std::string& file);

// What the file's name says: the kind of output by its suffix (Python without one; with one that is not known
// the text itself has to say), and whether it is there for others only, since it begins with '_'.
CompileOptions options_for(const std::string& file);
// The name that a template of this file has: the file's, without its suffix.
std::string template_name_of(const std::string& file);

// Finds a template beside the file that names it: NAME as it is when it has a suffix, else NAME with the
// suffix of that file, and then with every other known one. What is not there is looked for by `next`.
class BesideFinder final : public TemplateFinder {
 public:
  explicit BesideFinder(TemplateFinder* next) : next_(next) {}
  std::optional<FoundTemplate> find(std::string_view name, const std::string& from) override;

 private:
  TemplateFinder* next_;
  std::set<std::string> stored_;  // paths of texts that are in no folder
};

}  // namespace testloom
