#include "model/weights/folder_listing.h"

#include <algorithm>

#include "base/files.h"

namespace testloom {

namespace fs = std::filesystem;

bool FolderListing::has_file(const std::string& name) const {
  return std::binary_search(files.begin(), files.end(), name);
}
bool FolderListing::has_folder(const std::string& name) const {
  return std::binary_search(folders.begin(), folders.end(), name);
}

FolderListing list_folder(const fs::path& folder) {
  FolderListing listing;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    const std::string name = entry->path().filename().native();
    if (!entry->is_symlink(ignored)) {
      (entry->is_directory(ignored) ? listing.folders : listing.files).push_back(name);
    } else if (!entry->is_directory(ignored)) {
      listing.files.push_back(name);
    }
  }
  if (error) throw_file_error(ErrorKind::spec, "read the folder", folder, error.value());
  std::sort(listing.files.begin(), listing.files.end());
  std::sort(listing.folders.begin(), listing.folders.end());
  return listing;
}

}  // namespace testloom
