// Text decoders with a mixture of experts in some or all of their layers.
#include <algorithm>
#include <set>

#include "model/parameters/decoder_blocks.h"
#include "model/parameters/formulas.h"

namespace testloom {

namespace {

// The layers, and how many of them have experts.
struct Layers {
  Quantity dense;
  Quantity sparse;
};

// Of every decoder_sparse_step layers the last has experts, but for those that mlp_only_layers lists.
Layers sparse_layers(const ModelConfig& config, bool experts) {
  const int64_t layers = config.natural("num_hidden_layers");
  const int64_t step = config.positive("decoder_sparse_step", 1);
  int64_t sparse = experts ? layers / step : 0;
  if (sparse > 0 && config.has("mlp_only_layers")) {
    const std::vector<int64_t> listed = config.naturals("mlp_only_layers");
    for (const int64_t layer : std::set<int64_t>(listed.begin(), listed.end())) {
      if (layer < layers && (layer + 1) % step == 0) --sparse;
    }
  }
  return {layers - sparse, sparse};
}

void add_shell(const Decoder& d, Quantity attention, Tally& tally) {
  tally.add_embedding("embeddings.words", embedding(d.vocab, d.hidden));
  tally.add("layers.attention", attention, d.layers);
  tally.add("layers.norms", 2 * rms_norm(d.hidden), d.layers);
  tally.add("norm", rms_norm(d.hidden));
}

Quantity experts_of(const Decoder& d, Quantity experts, Quantity width) {
  return experts * gated_feed_forward(d.hidden, width);
}

bool all_sparse(const ModelConfig& config, std::string_view head, Tally& tally, bool bias) {
  const Decoder d = decoder_of(config);
  const Quantity experts = config.positive("num_local_experts");
  add_shell(d, grouped_attention(d, bias, bias), tally);
  tally.add("layers.router", linear(d.hidden, experts, false), d.layers);
  tally.add("layers.experts", experts_of(d, experts, d.intermediate), d.layers);
  return add_decoder_head(config, head, d.hidden, tally);
}

bool mixtral(const ModelConfig& config, std::string_view head, Tally& tally) {
  return all_sparse(config, head, tally, false);
}

bool granitemoe(const ModelConfig& config, std::string_view head, Tally& tally) {
  return all_sparse(config, head, tally, config.flag("attention_bias"));
}

bool qwen2_moe(const ModelConfig& config, std::string_view head, Tally& tally) {
  const Decoder d = decoder_of(config);
  const Quantity experts = config.natural("num_experts");
  const Layers layers = sparse_layers(config, experts.value() > 0);
  add_shell(d, grouped_attention(d, config.flag("qkv_bias"), false), tally);
  tally.add("layers.feed_forward", gated_feed_forward(d.hidden, d.intermediate), layers.dense);
  tally.add("layers.router", linear(d.hidden, experts, false), layers.sparse);
  tally.add("layers.experts", experts_of(d, experts, config.positive("moe_intermediate_size")),
            layers.sparse);
  tally.add("layers.shared_expert",
            gated_feed_forward(d.hidden, config.positive("shared_expert_intermediate_size")) +
                linear(d.hidden, 1, false),
            layers.sparse);
  return add_decoder_head(config, head, d.hidden, tally);
}

bool qwen3_moe(const ModelConfig& config, std::string_view head, Tally& tally) {
  const Decoder d = decoder_of(config);
  const bool bias = config.flag("attention_bias");
  const Quantity experts = config.natural("num_experts");
  const Layers layers = sparse_layers(config, experts.value() > 0);
  add_shell(d, grouped_attention(d, bias, bias) + 2 * rms_norm(d.head_dim), tally);
  tally.add("layers.feed_forward", gated_feed_forward(d.hidden, d.intermediate), layers.dense);
  tally.add("layers.router", linear(d.hidden, experts, false), layers.sparse);
  tally.add("layers.experts", experts_of(d, experts, config.positive("moe_intermediate_size")),
            layers.sparse);
  return add_decoder_head(config, head, d.hidden, tally);
}

constexpr TypeFormula kFormulas[] = {
    {"granitemoe", "GraniteMoe", granitemoe},
    {"mixtral", "Mixtral", mixtral},
    {"qwen2_moe", "Qwen2Moe", qwen2_moe},
    {"qwen3_moe", "Qwen3Moe", qwen3_moe},
};

}  // namespace

std::span<const TypeFormula> mixture_formulas() { return kFormulas; }

}  // namespace testloom
