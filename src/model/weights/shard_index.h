// The index of weights that stand in several files (model.safetensors.index.json): which tensor is in which
// file.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace testloom {

struct ShardIndex {
  std::vector<std::pair<std::string, std::string>> tensors;  // name and file, by name
  std::vector<std::string> files;                            // each once, by name

  // The file of a tensor; null where the index does not have it.
  const std::string* file_of(const std::string& tensor) const;
};

// Throws an Error (spec) for a file that is no such index, or that names files elsewhere than in its own
// folder.
ShardIndex read_shard_index(const std::filesystem::path& path);

}  // namespace testloom
