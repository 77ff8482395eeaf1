#include "model/weights/tensor.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace testloom {

std::optional<uint64_t> product_of(std::span<const uint64_t> factors) {
  uint64_t product = 1;
  for (const uint64_t factor : factors) {
    if (__builtin_mul_overflow(product, factor, &product)) return std::nullopt;
    if (product > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return std::nullopt;
  }
  return product;
}

namespace {

// A tensor whose name another one has; null where there is none. Names are compared only where their hashes
// are the same, which takes a fraction of the time of ordering them.
const TensorInfo* named_twice(const std::vector<TensorInfo>& tensors) {
  std::vector<std::pair<size_t, const TensorInfo*>> hashes;
  hashes.reserve(tensors.size());
  for (const TensorInfo& tensor : tensors)
    hashes.emplace_back(std::hash<std::string>()(tensor.name), &tensor);
  std::sort(hashes.begin(), hashes.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : a.second->name < b.second->name;
  });
  const auto twice = std::adjacent_find(hashes.begin(), hashes.end(), [](const auto& a, const auto& b) {
    return a.first == b.first && a.second->name == b.second->name;
  });
  return twice == hashes.end() ? nullptr : twice->second;
}

}  // namespace

std::optional<std::string> find_conflict(const std::vector<TensorInfo>& tensors, bool gapless,
                                         uint64_t begin) {
  if (const TensorInfo* twice = named_twice(tensors))
    return fmt::format("it has two tensors {}", quote(twice->name));
  std::vector<uint32_t> order(tensors.size());
  std::iota(order.begin(), order.end(), 0U);
  const auto name = [&](uint32_t i) -> const std::string& { return tensors[i].name; };
  const auto span = [&](uint32_t i) { return std::pair(tensors[i].begin, tensors[i].end); };
  const auto earlier = [&](uint32_t a, uint32_t b) { return span(a) < span(b); };
  if (!std::is_sorted(order.begin(), order.end(), earlier)) std::sort(order.begin(), order.end(), earlier);
  uint64_t end = begin;
  uint32_t last = 0;  // the tensor that reaches to `end`
  for (const uint32_t i : order) {
    const TensorInfo& tensor = tensors[i];
    if (tensor.begin < end && (gapless || tensor.bytes() > 0)) {
      return fmt::format("the tensors {} and {} overlap at byte {}", quote(name(last)), quote(tensor.name),
                         tensor.begin);
    }
    if (gapless && tensor.begin != end) {
      return fmt::format("the bytes {} to {}, before the tensor {}, belong to none", end, tensor.begin,
                         quote(tensor.name));
    }
    if (tensor.end <= end) continue;
    end = tensor.end;
    last = i;
  }
  return std::nullopt;
}

}  // namespace testloom
