// Names that stand for files on this machine: a folder's path, or what the hub's cache has. Made for asking
// about many names: the working folder and the cache are listed once, so that a name costs a look-up.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "model/family/family.h"
#include "model/family/folder_family.h"
#include "model/files/hub_cache.h"

namespace testloom {

class LocalModels {
 public:
  explicit LocalModels(GgufArchitecture gguf = gguf_architecture);

  // What the files say, where there are any that do; notes as of family_of_folder().
  std::optional<FamilyGuess> family(std::string_view model_name, std::vector<std::string>* notes) const;

 private:
  std::optional<std::filesystem::path> folder_of(std::string_view model_name) const;

  GgufArchitecture gguf_;
  HubCache cache_;
  std::unordered_set<std::string> here_;  // what stands in the working folder
};

}  // namespace testloom
