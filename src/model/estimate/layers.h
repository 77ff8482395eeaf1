// The layers that models share, as the tensors that they make and let go (see tape.h). Which they are was
// read off the code of transformers 4.45 and 4.46 and of torch, and is held against torch's profiler by
// tests.
#pragma once

#include <string_view>

#include "model/estimate/tape.h"

namespace testloom {

// A forward pass that is being written down.
struct Pass {
  Tape& tape;
  bool sdpa = false;    // attention by torch's scaled_dot_product_attention
  bool blocked = true;  // convolutions by oneDNN, in a layout of its own
  int torch_major = 1;
};

// The sizes of one attention. With fewer kv_heads than heads, keys and values are shared.
struct Attend {
  double batch = 1;
  double heads = 1;
  double kv_heads = 1;
  double head_dim = 1;
  double queries = 1;
  double keys = 1;

  double query_size() const { return batch * queries * heads * head_dim; }
  double key_size() const { return batch * keys * kv_heads * head_dim; }
  double scores() const { return batch * heads * queries * keys; }
};

// How a class computes attention step by step ("eager").
struct EagerStyle {
  double most = 2;     // tensors of all scores that are alive at once
  double kept = 1;     // of these, still alive while the values are summed up
  bool copies = true;  // queries, keys and values lie so that a product copies them first
};

// Attention over queries, keys and values that are there already, by sdpa where the pass has it and the class
// can. Gives the context, queries × heads × head_dim for each of the batch.
Tensor attend(Pass& pass, const Attend& sizes, const EagerStyle& style, bool can_sdpa = true);

// Rotary position embeddings over `share` of queries and keys, which are replaced.
void rotate(Pass& pass, Tensor& queries, double query_size, Tensor& keys, double key_size, double share = 1);

// The activation function of this name, on n elements that stay.
Tensor activate(Pass& pass, std::string_view name, double n);

// rows × in → rows × out → activation → rows × in.
Tensor feed_forward(Pass& pass, double rows, double in, double inner, std::string_view activation);
// The same with a gate: activation(gate) · up, then down.
Tensor gated_feed_forward(Pass& pass, double rows, double in, double inner, std::string_view activation);

// Choosing each text's next token from its logits, which are copied for the rules about tokens.
void choose_token(Pass& pass, double batch, double vocab, double copies = 4);

// A norm of n elements by a kernel of torch's, and by the operators that T5's and Llama's classes use.
Tensor layer_norm(Pass& pass, double n);
Tensor rms_norm(Pass& pass, double n);

struct Convolution {
  double batch = 1;
  double in_channels = 1;
  double out_channels = 1;
  double in_places = 1;  // height × width, or length
  double out_places = 1;
  double kernel = 1;  // height × width
  double groups = 1;

  double in_size() const { return batch * in_channels * in_places; }
  double out_size() const { return batch * out_channels * out_places; }
  double weights() const { return out_channels * in_channels / groups * kernel; }
};

Tensor convolve(Pass& pass, const Convolution& sizes, Part part = Part::front_end);

// The places that are left of `length` by a kernel with this stride and this padding on both sides.
double convolved(double length, double kernel, double stride, double padding);

}  // namespace testloom
