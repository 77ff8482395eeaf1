// The types that weights and activations are kept in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace testloom {

struct Dtype {
  std::string_view name;
  double weight_bytes;      // of one weight in a layer's matrix
  double embedding_bytes;   // of one in a table that is looked up
  double activation_bytes;  // of one number in between
};

// float64, float32, bfloat16, float16, int8, int4 (quantised weights, the rest in 16 bits), and their short
// names. Throws an Error (usage) for others, which says what there is.
const Dtype& dtype_of(std::string_view name);

// All of them, the widest first.
struct DtypeList {
  const Dtype* first;
  const Dtype* last;
  const Dtype* begin() const { return first; }
  const Dtype* end() const { return last; }
};
DtypeList all_dtypes();

// What weights take: of `parameters`, `embedding` are in tables.
double weight_bytes(const Dtype& dtype, int64_t parameters, int64_t embedding);

}  // namespace testloom
