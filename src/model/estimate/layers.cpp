#include "model/estimate/layers.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace testloom {

namespace {

constexpr double float32_bytes = 4;

// Softmax is computed in float32 and cast back where elements are shorter.
void upcast(Pass& pass, double scores) {
  if (pass.tape.element_bytes() < float32_bytes)
    pass.tape.make_bytes(scores * float32_bytes, Part::attention);
}

// torch's kernels work on a block of queries and keys at a time; besides the result, little is there.
Tensor attend_fused(Pass& pass, const Attend& sizes) {
  pass.tape.add_flops(4 * sizes.scores() * sizes.head_dim);
  Tensor sums =
      pass.tape.make_bytes(sizes.batch * sizes.heads * sizes.queries * float32_bytes, Part::attention);
  return pass.tape.make(sizes.query_size());
}

}  // namespace

Tensor attend(Pass& pass, const Attend& sizes, const EagerStyle& style, bool can_sdpa) {
  if (pass.sdpa && can_sdpa) return attend_fused(pass, sizes);
  Tape& tape = pass.tape;
  const double all_keys = sizes.batch * sizes.keys * sizes.heads * sizes.head_dim;
  std::vector<Tensor> scores;
  {
    Tensor queries, keys;
    if (style.copies) {
      queries = tape.make(sizes.query_size());
      keys = tape.make(all_keys);
    }
    scores.push_back(
        tape.products(sizes.batch * sizes.heads, sizes.queries, sizes.head_dim, sizes.keys, Part::attention));
  }
  while (static_cast<double>(scores.size()) < style.most) {
    scores.push_back(tape.make(sizes.scores(), Part::attention));
  }
  upcast(pass, sizes.scores());
  while (static_cast<double>(scores.size()) > style.kept) scores.pop_back();
  Tensor sum;
  {
    Tensor values;
    if (style.copies) values = tape.make(all_keys);
    sum = tape.products(sizes.batch * sizes.heads, sizes.queries, sizes.keys, sizes.head_dim,
                        Part::activations);
  }
  return tape.make(sizes.query_size());  // with the heads side by side
}

void rotate(Pass& pass, Tensor& queries, double query_size, Tensor& keys, double key_size, double share) {
  Tape& tape = pass.tape;
  const auto turn = [&](double n) {
    Tensor by_cosine = tape.make(n);
    Tensor half = tape.make(n);
    Tensor by_sine = tape.make(n);
    half.release();
    return tape.make(n);
  };
  Tensor turned_queries = turn(query_size * share);
  Tensor turned_keys = turn(key_size * share);
  if (share < 1) {  // the rest is put behind it
    queries = tape.make(query_size);
    keys = tape.make(key_size);
  } else {
    queries = turned_queries;
    keys = turned_keys;
  }
}

Tensor activate(Pass& pass, std::string_view name, double n) {
  // Written as operators of torch, GELU's formula by tanh and x·sigmoid(1.702x) need room for their steps;
  // the other functions are one kernel.
  double steps = 0;
  if (name == "gelu_new" || name == "gelu_fast" || name == "gelu_python" || name == "bloom_gelu") steps = 2;
  if (name == "quick_gelu") steps = 1;
  std::vector<Tensor> between;
  for (double step = 0; step < steps; ++step) between.push_back(pass.tape.make(n));
  return pass.tape.make(n);
}

Tensor feed_forward(Pass& pass, double rows, double in, double inner, std::string_view activation) {
  Tensor active;
  {
    Tensor wide = pass.tape.linear(rows, in, inner);
    active = activate(pass, activation, rows * inner);
  }
  return pass.tape.linear(rows, inner, in);
}

Tensor gated_feed_forward(Pass& pass, double rows, double in, double inner, std::string_view activation) {
  Tape& tape = pass.tape;
  Tensor product;
  {
    Tensor gate = tape.linear(rows, in, inner);
    gate = activate(pass, activation, rows * inner);
    Tensor up = tape.linear(rows, in, inner);
    product = tape.make(rows * inner);
  }
  return tape.linear(rows, inner, in);
}

void choose_token(Pass& pass, double batch, double vocab, double copies) {
  Tensor rows = pass.tape.make_bytes(copies * batch * vocab * float32_bytes, Part::logits);
  Tensor tokens = pass.tape.make_bytes(vocab * 8, Part::logits);
}

Tensor layer_norm(Pass& pass, double n) { return pass.tape.make(n); }

Tensor rms_norm(Pass& pass, double n) {
  const double short_by = float32_bytes / pass.tape.element_bytes();  // the steps are taken in float32
  Tensor wide;
  if (short_by > 1) wide = pass.tape.make(n * short_by);
  pass.tape.brief(n * short_by);
  Tensor scaled = pass.tape.make(n * short_by);
  return pass.tape.make(n);
}

Tensor convolve(Pass& pass, const Convolution& sizes, Part part) {
  Tape& tape = pass.tape;
  tape.add_flops(2 * sizes.out_size() * sizes.in_channels / sizes.groups * sizes.kernel);
  if (!pass.blocked) return tape.make(sizes.out_size(), part);
  // oneDNN wants input, weights and result in blocks of channels; an image's few channels and a
  // group's weights stay as they are.
  Tensor blocked;
  {
    Tensor input, weights;
    if (sizes.in_channels > 4) input = tape.make(sizes.in_size(), part);
    if (sizes.groups == 1) weights = tape.make(sizes.weights(), part);
    blocked = tape.make(sizes.out_size(), part);
  }
  return tape.make(sizes.out_size(), part);
}

double convolved(double length, double kernel, double stride, double padding) {
  return std::max(1.0, std::floor((length + 2 * padding - kernel) / stride) + 1);
}

}  // namespace testloom
