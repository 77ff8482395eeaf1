#include "model/weights/packed.h"

#include <array>
#include <string>
#include <string_view>
#include <unordered_map>

namespace testloom {

namespace {

class Packed {
 public:
  explicit Packed(const std::vector<TensorInfo>& tensors) : tensors_(tensors) {}

  std::optional<uint64_t> count() {
    uint64_t sum = 0;
    for (const TensorInfo& tensor : tensors_) {
      const auto parameters = parameters_of(tensor);
      if (!parameters || __builtin_add_overflow(sum, *parameters, &sum)) return std::nullopt;
    }
    return sum;
  }

 private:
  // The tensor `prefix` + `end`; null where there is none.
  const TensorInfo* find(std::string_view prefix, std::string_view end) {
    if (by_name_.empty()) {
      for (const TensorInfo& tensor : tensors_) by_name_.emplace(tensor.name, &tensor);
    }
    const auto found = by_name_.find(std::string(prefix).append(end));
    return found == by_name_.end() ? nullptr : found->second;
  }

  std::optional<uint64_t> parameters_of(const TensorInfo& tensor) {
    const std::string_view name = tensor.name;
    const auto before = [&](std::string_view end) { return name.substr(0, name.size() - end.size()); };
    if (name.ends_with(".qweight")) return words(tensor, before(".qweight"));
    for (const std::string_view end : {".scales", ".qzeros", ".g_idx"}) {
      if (name.ends_with(end) && find(before(end), ".qweight")) return 0;
    }
    if (tensor.dtype == "U8" && is_bits_and_bytes(name)) return 2 * tensor.elements;
    if (belongs_to_bits_and_bytes(name)) return 0;
    if (name.ends_with("_blocks") && tensor.dtype == "U8" && find(before("_blocks"), "_scales"))
      return 2 * tensor.elements;
    if (name.ends_with("_scales") && tensor.dtype == "U8" && find(before("_scales"), "_blocks")) return 0;
    if (name.ends_with("weight_packed"))
      return tensor.dtype == "U8" ? std::optional(2 * tensor.elements) : std::nullopt;
    for (const std::string_view end :
         {"weight_scale", "weight_global_scale", "weight_shape", "input_global_scale"}) {
      if (name.ends_with(end) && find(before(end), "weight_packed")) return 0;
    }
    return tensor.elements;
  }

  // GPTQ packs the inputs of [inputs, outputs] into words of 32 bits, AWQ the outputs. Scales are
  // [groups, outputs], zeros [groups, outputs * bits / 32].
  std::optional<uint64_t> words(const TensorInfo& weight, std::string_view prefix) {
    const TensorInfo* scales = find(prefix, ".scales");
    if (weight.shape.size() != 2 || !scales || scales->shape.size() != 2) return std::nullopt;
    const uint64_t outputs = scales->shape[1];
    const auto product = [](uint64_t a, uint64_t b) { return product_of(std::array{a, b}); };
    if (outputs != weight.shape[1]) return product(weight.shape[0], outputs);
    const TensorInfo* zeros = find(prefix, ".qzeros");
    const TensorInfo* groups = find(prefix, ".g_idx");
    if (groups && groups->shape.size() == 1) return product(groups->shape[0], outputs);
    if (!zeros || zeros->shape.size() != 2 || zeros->shape[1] == 0) return std::nullopt;
    const auto inputs = product(weight.shape[0], outputs);
    return inputs ? product(*inputs / zeros->shape[1], outputs) : std::nullopt;
  }

  bool is_bits_and_bytes(std::string_view weight) {
    return find(weight, ".quant_state.bitsandbytes__nf4") || find(weight, ".quant_state.bitsandbytes__fp4");
  }

  bool belongs_to_bits_and_bytes(std::string_view name) {
    for (const std::string_view end : {".absmax", ".quant_map", ".nested_absmax", ".nested_quant_map"}) {
      if (name.ends_with(end)) return is_bits_and_bytes(name.substr(0, name.size() - end.size()));
    }
    return name.ends_with(".quant_state.bitsandbytes__nf4") ||
           name.ends_with(".quant_state.bitsandbytes__fp4");
  }

  const std::vector<TensorInfo>& tensors_;
  std::unordered_map<std::string_view, const TensorInfo*> by_name_;
};

}  // namespace

std::optional<uint64_t> count_parameters(const std::vector<TensorInfo>& tensors) {
  return Packed(tensors).count();
}

}  // namespace testloom
