// The layers of a causal language model, whole passes over them with a cache of keys and values, and
// generating.
#pragma once

#include <string>
#include <vector>

#include "model/estimate/forwards.h"

namespace testloom {

// Where queries, keys and values are copied, if they are.
enum class Copies { none, before_cache, behind_cache };

// What the classes' code does differently.
struct DecoderStyle {
  bool fused = false;  // queries, keys and values are views of one projection, which stays while they do
  Copies contiguous = Copies::none;  // into an order that products take as it is
  bool scaled = false;               // queries are scaled, as a new tensor
  bool parallel = false;             // the feed-forward layer stands beside attention, not behind it
  bool second_norm = false;          // ... with a norm of its own
  bool gated = false;
  bool rms = false;
  EagerStyle eager = {};
  bool mask = false;             // a mask for each text and pair of tokens, for all layers
  bool last_logits = false;      // generate asks for the last token's logits alone
  bool holds_attention = false;  // what attention gave stays until the layer's end
};

struct DecoderCode {
  DecoderStyle style;
  double batch = 1;
  double hidden = 1;
  double heads = 1;
  double kv_heads = 1;
  double head_dim = 1;
  double inner = 1;
  double vocab = 1;
  int layers = 1;
  double rotary = 0;  // the share of a head that is turned
  double experts_a_token = 0;
  std::string activation;
};

// Llama and the many types that share its code.
DecoderCode llama_of(const Call& call);

// Keys and values of each layer.
using KeyValueCache = std::vector<Tensor>;

// All layers and the head, over `length` new tokens a text with `past` tokens in the cache. Gives the logits.
Tensor pass_over(Pass& pass, const DecoderCode& d, double length, double past, KeyValueCache& cache,
                 bool last_logits);

// The call of a language model: a forward over the prompt, or generate.
void write_decoder_call(const Call& call, const DecoderCode& decoder);
// The same with a prompt of this length.
void write_decoder_call(const Call& call, const DecoderCode& decoder, double length);

}  // namespace testloom
