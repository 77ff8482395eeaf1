// The weights of a model as the headers of its files tell of them: bytes, parameters and dtypes, without
// reading the weights themselves.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/weights/gguf.h"
#include "model/weights/weight_sets.h"

namespace testloom {

struct DtypeTotal {
  uint64_t tensors = 0;
  uint64_t elements = 0;  // as they are stored: several parameters where they are packed into one
  uint64_t bytes = 0;
};

struct WeightFile {
  std::string name;  // within the model's folder
  uint64_t bytes = 0;
};

struct WeightFiles {
  static constexpr std::string_view origin = "weights";

  WeightFormat format = WeightFormat::safetensors;
  uint64_t bytes = 0;                  // of the tensors; of the files where PyTorch's own are not looked into
  std::optional<uint64_t> parameters;  // nothing where the headers do not tell
  uint64_t tensors = 0;
  std::map<std::string, DtypeTotal> dtypes;  // by the format's own words; empty for PyTorch's own
  std::vector<WeightFile> files;
  std::optional<GgufHeader> gguf;  // of the first GGUF file, without its tensors
  std::vector<std::string> notes;  // what was chosen where there was a choice

  // general.architecture of a GGUF file, else empty.
  std::string architecture() const { return gguf ? gguf->architecture() : ""; }
};

// Of one of the sets of a folder. Throws an Error (spec) that names the file for one that cannot be read or
// is broken, a part that is missing, and a tensor that is not where the index says.
WeightFiles read_weight_set(const std::filesystem::path& folder, const WeightSet& set);

// Of a model's location: a weight file, or a folder, whose parts count together where it has several (the
// components of a diffusion pipeline, the modules of a sentence encoder). Nothing where there are no weights.
// Throws as above.
std::optional<WeightFiles> read_weight_files(const std::filesystem::path& location);

}  // namespace testloom
