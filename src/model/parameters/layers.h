// How many parameters torch's layers have.
#pragma once

#include "model/parameters/quantity.h"

namespace testloom {

inline Quantity linear(Quantity in, Quantity out, bool bias = true) {
  return in * out + (bias ? out : Quantity(0));
}
// LayerNorm, GroupNorm and BatchNorm (whose running averages are buffers): a factor and an offset a channel.
inline Quantity norm(Quantity size) { return 2 * size; }
// RMSNorm: a factor alone.
inline Quantity rms_norm(Quantity size) { return size; }
inline Quantity embedding(Quantity rows, Quantity size) { return rows * size; }
// `kernel` is the number of its points, 9 for 3 × 3. `in` is what one group reads: in_channels / groups.
inline Quantity convolution(Quantity in, Quantity out, Quantity kernel, bool bias = true) {
  return in * out * kernel + (bias ? out : Quantity(0));
}

}  // namespace testloom
