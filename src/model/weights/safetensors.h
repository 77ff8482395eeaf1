// The header of a safetensors file: 8 bytes with its length, little-endian, then JSON that says each tensor's
// dtype, shape and place, then the tensors without a gap. https://github.com/huggingface/safetensors#format
#pragma once

#include <vector>

#include "model/weights/byte_source.h"
#include "model/weights/tensor.h"

namespace testloom {

// The tensors, in the header's order; the file's data is not read. Throws an Error (spec) with the byte or
// tensor for a header that is not whole, is over max_header_bytes or max_tensors, or does not fit the file:
// places that overlap, leave a gap or end elsewhere than the file, and sizes that are not those of dtype and
// shape.
std::vector<TensorInfo> read_safetensors(ByteSource& source);

}  // namespace testloom
