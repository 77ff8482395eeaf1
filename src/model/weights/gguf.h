// The header of a GGUF file, versions 2 and 3, in either byte order: metadata by key, and the tensors with
// type, shape and place. https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/weights/byte_source.h"
#include "model/weights/tensor.h"

namespace testloom {

struct GgufHeader {
  using Value = std::variant<bool, int64_t, uint64_t, double, std::string>;

  uint32_t version = 0;
  bool big_endian = false;
  std::map<std::string, Value> metadata;  // without lists (vocabularies) and texts of more than 4 KB
  std::vector<TensorInfo> tensors;        // in the file's order

  // Nothing where it is not there, or of another kind.
  std::optional<std::string> text(const std::string& key) const;
  std::optional<int64_t> integer(const std::string& key) const;

  // What the model is, such as llama; empty where the file does not say. Keys of its own begin with it:
  // integer_of("context_length") is llama.context_length.
  std::string architecture() const { return text("general.architecture").value_or(""); }
  std::optional<int64_t> integer_of(const std::string& key) const {
    return integer(architecture() + "." + key);
  }
};

// Reads the header alone. Throws an Error (spec) with the byte or tensor for one that is not whole, is over
// max_header_bytes or max_tensors, names things twice, has lists in lists or unknown types, or does not fit
// the file: tensors that overlap, end behind it, or are no whole blocks.
GgufHeader read_gguf(ByteSource& source);

// general.architecture of a file; empty where it does not say. Throws as above.
std::string gguf_architecture(const std::filesystem::path& file);

}  // namespace testloom
