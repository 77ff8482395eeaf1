// Which files of a folder are weights that belong together: one file, the shards of an index, or the parts of
// a split GGUF. Knows names alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace testloom {

enum class WeightFormat { safetensors, pytorch, gguf };
std::string_view format_name(WeightFormat format);

struct WeightSet {
  std::string name;  // the files' name without what numbers or ends them: model, llama-3-8b.Q4_K_M
  WeightFormat format = WeightFormat::safetensors;
  std::string index;               // the file that lists the shards; empty: `files` are all
  std::vector<std::string> files;  // by name; empty where there is an index
  size_t parts = 1;                // how many files there should be, as their names say
  bool usual = false;              // a name that loaders look for, such as model.safetensors
};

// The sets that the names of a folder's files make, in the order in which loaders would take them:
// safetensors before PyTorch's own before GGUF, usual names before others, one file before shards.
std::vector<WeightSet> weight_sets(const std::vector<std::string>& files);

}  // namespace testloom
