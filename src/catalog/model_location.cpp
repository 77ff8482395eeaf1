#include "catalog/model_location.h"

namespace testloom {

namespace fs = std::filesystem;

std::string full_location(const std::string& given, const fs::path& base) {
  if (given.empty()) return given;
  std::error_code error;
  const fs::path path = base / given;
  const bool is_local =
      fs::is_directory(path, error) || (given.ends_with(".gguf") && fs::is_regular_file(path, error));
  if (!is_local) return given;
  const fs::path full = fs::canonical(path, error);
  return error ? given : full.native();
}

}  // namespace testloom
