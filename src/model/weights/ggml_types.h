// The types that tensors of a GGUF file have: ggml stores them in blocks of so many elements, each of so many
// bytes. https://github.com/ggml-org/ggml, ggml-common.h and the block sizes in ggml.c
#pragma once

#include <cstdint>
#include <string_view>

namespace testloom {

struct GgmlType {
  uint32_t number;  // as it stands in the file
  std::string_view name;
  uint64_t block_elements;
  uint64_t block_bytes;
};

// Null for a number that is no type, or one that ggml took back before there was GGUF.
const GgmlType* find_ggml_type(uint32_t number);

}  // namespace testloom
