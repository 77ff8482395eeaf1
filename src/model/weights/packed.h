// How many parameters tensors stand for: their elements, or, where a quantisation packs several into one and
// keeps scales beside them, what was packed, as far as names and shapes tell.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "model/weights/tensor.h"

namespace testloom {

// Of all tensors of a model. Known: GPTQ and AWQ (qweight, scales, qzeros, g_idx), bitsandbytes (weight with
// quant_state), blocks with scales of 4 bits (MXFP4), packed weights of 4-bit floats (NVFP4). Nothing where a
// weight is packed in a way that shapes do not tell.
std::optional<uint64_t> count_parameters(const std::vector<TensorInfo>& tensors);

}  // namespace testloom
