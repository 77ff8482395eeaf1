// A tensor as a weight file's header tells of it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace testloom {

struct TensorInfo {
  std::string name;
  std::string_view dtype;  // the format's own word, such as BF16 or Q4_K; stands for the whole program's life
  std::vector<uint64_t> shape;  // outermost first
  uint64_t elements = 0;        // the shape's product
  uint64_t begin = 0;           // its bytes in the file
  uint64_t end = 0;

  uint64_t bytes() const { return end - begin; }
};

// The product, nothing where it takes more than 63 bits on the way.
std::optional<uint64_t> product_of(std::span<const uint64_t> factors);

// Two tensors of one file that cannot both be right, as a sentence; nothing where all have names of their own
// and none reaches into another. With `gapless`, also where bytes from `begin` on belong to none.
std::optional<std::string> find_conflict(const std::vector<TensorInfo>& tensors, bool gapless,
                                         uint64_t begin);

}  // namespace testloom
