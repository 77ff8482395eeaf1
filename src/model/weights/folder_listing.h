// The names in a folder, in order. Links to files are files; links to folders are left out, so that whoever
// descends never goes in a circle.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace testloom {

struct FolderListing {
  std::vector<std::string> files;  // also links that lead nowhere, which are told when they are read
  std::vector<std::string> folders;

  bool has_file(const std::string& name) const;
  bool has_folder(const std::string& name) const;
};

// Throws an Error (spec) for what is no folder or cannot be read.
FolderListing list_folder(const std::filesystem::path& folder);

}  // namespace testloom
