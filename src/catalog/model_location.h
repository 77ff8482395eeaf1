// Where a model is loaded from: a folder or weight file of this machine, by its full path, or a hub's id.
#pragma once

#include <filesystem>
#include <string>

namespace testloom {

// A folder or .gguf file that is there, seen from `base`, by its full path, since tests run elsewhere;
// anything else as it is given.
std::string full_location(const std::string& given, const std::filesystem::path& base);

}  // namespace testloom
