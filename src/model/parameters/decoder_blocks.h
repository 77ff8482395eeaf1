// What decoders have in common: attention with fewer heads for keys and values than for queries, feed-forward
// layers with a gate, and the heads of their classes.
#pragma once

#include <string_view>

#include "model/config/config.h"
#include "model/parameters/layers.h"
#include "model/parameters/tally.h"

namespace testloom {

struct Decoder {
  Quantity hidden;
  Quantity heads;
  Quantity kv_heads;
  Quantity head_dim;
  Quantity intermediate;
  Quantity layers;
  Quantity vocab;

  Quantity queries() const { return heads * head_dim; }
  Quantity keys() const { return kv_heads * head_dim; }
};

// Reads the keys that nearly all decoders have. Missing num_key_value_heads are num_attention_heads, a
// missing head_dim is hidden_size / num_attention_heads.
Decoder decoder_of(const ModelConfig& config);

// The projections to queries, keys, values, and back.
inline Quantity grouped_attention(const Decoder& d, bool input_bias, bool output_bias) {
  return linear(d.hidden, d.queries(), input_bias) + 2 * linear(d.hidden, d.keys(), input_bias) +
         linear(d.queries(), d.hidden, output_bias);
}
inline Quantity gated_feed_forward(Quantity hidden, Quantity intermediate, bool bias = false) {
  return 2 * linear(hidden, intermediate, bias) + linear(intermediate, hidden, bias);
}
inline Quantity plain_feed_forward(Quantity hidden, Quantity intermediate, bool bias = true) {
  return linear(hidden, intermediate, bias) + linear(intermediate, hidden, bias);
}

// The head of a decoder's class, for all but what a type does in its own way. `word_bias`: whether the
// prediction of words has a bias, tied or not.
bool add_decoder_head(const ModelConfig& config, std::string_view head, Quantity hidden, Tally& tally,
                      bool word_bias = false);

}  // namespace testloom
