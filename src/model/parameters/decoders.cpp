// Text decoders whose layers are all alike: GPT and its kin, Llama and its kin, Mamba.
#include <cmath>

#include "model/parameters/decoder_blocks.h"
#include "model/parameters/formulas.h"

namespace testloom {

namespace {

bool gpt2(const ModelConfig& config, std::string_view head, Tally& tally) {
  const int64_t width = split_width(config, "hidden_size", "num_attention_heads");
  const Quantity hidden = width;
  const Quantity layers = config.natural("num_hidden_layers");
  tally.add_embedding("embeddings.words", embedding(config.natural("vocab_size"), hidden));
  tally.add_embedding("embeddings.positions", embedding(config.natural("max_position_embeddings"), hidden));
  tally.add("layers.attention", 4 * linear(hidden, hidden) + norm(hidden), layers);
  if (config.flag("add_cross_attention")) {
    tally.add("layers.cross_attention", 4 * linear(hidden, hidden) + norm(hidden), layers);
  }
  tally.add("layers.feed_forward",
            plain_feed_forward(hidden, config.has("n_inner") ? config.positive("n_inner") : 4 * hidden) +
                norm(hidden),
            layers);
  tally.add("norm", norm(hidden));
  if (head != "DoubleHeadsModel") return add_decoder_head(config, head, hidden, tally);
  add_decoder_head(config, "LMHeadModel", hidden, tally);
  if (config.flag("summary_use_proj")) {  // the class sets num_labels to 1
    tally.add("head.choice", linear(hidden, config.flag("summary_proj_to_labels") ? Quantity(1) : hidden));
  }
  return true;
}

bool gpt_neo(const ModelConfig& config, std::string_view head, Tally& tally) {
  const int64_t width = split_width(config, "hidden_size", "num_attention_heads");
  const Quantity hidden = width;
  const Quantity layers = config.natural("num_hidden_layers");
  tally.add_embedding("embeddings.words", embedding(config.natural("vocab_size"), hidden));
  tally.add_embedding("embeddings.positions", embedding(config.natural("max_position_embeddings"), hidden));
  tally.add("layers.attention", 3 * linear(hidden, hidden, false) + linear(hidden, hidden) + norm(hidden),
            layers);
  const Quantity inner = config.has("intermediate_size") ? config.positive("intermediate_size") : 4 * hidden;
  tally.add("layers.feed_forward", plain_feed_forward(hidden, inner) + norm(hidden), layers);
  tally.add("norm", norm(hidden));
  return add_decoder_head(config, head, hidden, tally);
}

bool gptj(const ModelConfig& config, std::string_view head, Tally& tally) {
  const int64_t width = split_width(config, "hidden_size", "num_attention_heads");
  const Quantity hidden = width;
  const Quantity layers = config.natural("num_hidden_layers");
  tally.add_embedding("embeddings.words", embedding(config.natural("vocab_size"), hidden));
  tally.add("layers.attention", 4 * linear(hidden, hidden, false) + norm(hidden), layers);
  const Quantity inner = config.has("n_inner") ? config.positive("n_inner") : 4 * hidden;
  tally.add("layers.feed_forward", plain_feed_forward(hidden, inner), layers);
  tally.add("norm", norm(hidden));
  return add_decoder_head(config, head, hidden, tally, true);
}

bool gpt_neox(const ModelConfig& config, std::string_view head, Tally& tally) {
  const int64_t width = split_width(config, "hidden_size", "num_attention_heads");
  const Quantity hidden = width;
  const Quantity layers = config.natural("num_hidden_layers");
  tally.add_embedding("embeddings.words", embedding(config.natural("vocab_size"), hidden));
  tally.add("layers.attention", 4 * linear(hidden, hidden, config.flag("attention_bias")) + norm(hidden),
            layers);
  tally.add("layers.feed_forward",
            plain_feed_forward(hidden, config.positive("intermediate_size")) + norm(hidden), layers);
  tally.add("norm", norm(hidden));
  return add_decoder_head(config, head, hidden, tally);
}

// The table of positions has two rows before the first.
bool opt(const ModelConfig& config, std::string_view head, Tally& tally) {
  const int64_t width = split_width(config, "hidden_size", "num_attention_heads");
  const int64_t word_width = config.positive("word_embed_proj_dim", width);
  const Quantity hidden = width, words = word_width;
  const Quantity layers = config.natural("num_hidden_layers");
  const bool bias = config.flag("enable_bias");
  const Quantity one_norm = config.flag("layer_norm_elementwise_affine") ? norm(hidden) : Quantity(0);
  tally.add_embedding("embeddings.words", embedding(config.natural("vocab_size"), words));
  tally.add_embedding("embeddings.positions",
                      embedding(Quantity(config.natural("max_position_embeddings")) + 2, hidden));
  if (word_width != width) tally.add("embeddings.projections", 2 * linear(words, hidden, false));
  tally.add("layers.attention", 4 * linear(hidden, hidden, bias) + one_norm, layers);
  tally.add("layers.feed_forward", plain_feed_forward(hidden, config.positive("ffn_dim"), bias) + one_norm,
            layers);
  if (config.flag("do_layer_norm_before") && !config.flag("_remove_final_layer_norm"))
    tally.add("norm", one_norm);
  return add_decoder_head(config, head, words, tally);
}

// Old configs of BLOOM and Falcon call the width n_embed.
std::string_view embed_key(const ModelConfig& config) {
  return config.has("n_embed") ? "n_embed" : "hidden_size";
}

bool bloom(const ModelConfig& config, std::string_view head, Tally& tally) {
  const int64_t width = split_width(config, embed_key(config), "num_attention_heads");
  const Quantity hidden = width;
  const Quantity layers = config.natural("num_hidden_layers");
  tally.add_embedding("embeddings.words", embedding(config.natural("vocab_size"), hidden));
  tally.add("embeddings.norm", norm(hidden));
  tally.add("layers.attention", 4 * linear(hidden, hidden) + norm(hidden), layers);
  tally.add("layers.feed_forward", plain_feed_forward(hidden, 4 * hidden) + norm(hidden), layers);
  tally.add("norm", norm(hidden));
  return add_decoder_head(config, head, hidden, tally);
}

bool falcon(const ModelConfig& config, std::string_view head, Tally& tally) {
  const int64_t width = split_width(config, embed_key(config), "num_attention_heads");
  const int64_t heads = config.positive("num_attention_heads");
  const Quantity hidden = width, head_dim = width / heads;
  const Quantity layers = config.natural("num_hidden_layers");
  const bool bias = config.flag("bias"), renewed = config.flag("new_decoder_architecture");
  Quantity keys_and_values = 2 * hidden;
  if (renewed) {
    keys_and_values = 2 * Quantity(config.positive("num_kv_heads", heads)) * head_dim;
  } else if (config.flag("multi_query")) {
    keys_and_values = 2 * head_dim;
  }
  const bool two_norms =
      !config.flag("parallel_attn") || config.natural("num_ln_in_parallel_attn", renewed ? 2 : 0) == 2;
  const Quantity inner = config.has("ffn_hidden_size") ? config.positive("ffn_hidden_size") : 4 * hidden;
  tally.add_embedding("embeddings.words", embedding(config.natural("vocab_size"), hidden));
  tally.add("layers.attention", linear(hidden, hidden + keys_and_values, bias) + linear(hidden, hidden, bias),
            layers);
  tally.add("layers.feed_forward", plain_feed_forward(hidden, inner, bias), layers);
  tally.add("layers.norms", (two_norms ? 2 : 1) * norm(hidden), layers);
  tally.add("norm", norm(hidden));
  return add_decoder_head(config, head, hidden, tally);
}

// What Llama's kin differ in.
struct GatedKind {
  bool query_bias = false;
  bool output_bias = false;
  bool mlp_bias = false;
  int norms = 2;                 // of the hidden size, in a layer
  Quantity attention_norms = 0;  // of queries and keys, in a layer
};

bool gated_decoder(const ModelConfig& config, std::string_view head, Tally& tally, const GatedKind& kind) {
  const Decoder d = decoder_of(config);
  tally.add_embedding("embeddings.words", embedding(d.vocab, d.hidden));
  tally.add("layers.attention",
            grouped_attention(d, kind.query_bias, kind.output_bias) + kind.attention_norms, d.layers);
  tally.add("layers.feed_forward", gated_feed_forward(d.hidden, d.intermediate, kind.mlp_bias), d.layers);
  tally.add("layers.norms", kind.norms * rms_norm(d.hidden), d.layers);
  tally.add("norm", rms_norm(d.hidden));
  return add_decoder_head(config, head, d.hidden, tally);
}

bool llama(const ModelConfig& config, std::string_view head, Tally& tally) {
  const bool bias = config.flag("attention_bias");
  return gated_decoder(config, head, tally, {bias, bias, config.flag("mlp_bias")});
}

bool mistral(const ModelConfig& config, std::string_view head, Tally& tally) {
  return gated_decoder(config, head, tally, {});
}

bool qwen2(const ModelConfig& config, std::string_view head, Tally& tally) {
  return gated_decoder(config, head, tally, {.query_bias = true});
}

bool ernie4_5(const ModelConfig& config, std::string_view head, Tally& tally) {
  const bool bias = config.flag("use_bias");
  return gated_decoder(config, head, tally, {bias, bias, bias});
}

bool glm(const ModelConfig& config, std::string_view head, Tally& tally) {
  return gated_decoder(config, head, tally, {.query_bias = config.flag("attention_bias")});
}

bool seed_oss(const ModelConfig& config, std::string_view head, Tally& tally) {
  return gated_decoder(
      config, head, tally,
      {config.flag("attention_bias"), config.flag("attention_out_bias"), config.flag("mlp_bias")});
}

bool qwen3(const ModelConfig& config, std::string_view head, Tally& tally) {
  const bool bias = config.flag("attention_bias");
  return gated_decoder(
      config, head, tally,
      {.query_bias = bias, .output_bias = bias, .attention_norms = 2 * decoder_of(config).head_dim});
}

bool qwen3_vl_text(const ModelConfig& config, std::string_view head, Tally& tally) {
  return qwen3(config, head == "TextModel" ? "Model" : head, tally) && head == "TextModel";
}

bool gemma(const ModelConfig& config, std::string_view head, Tally& tally) {
  const bool bias = config.flag("attention_bias");
  return gated_decoder(config, head, tally, {.query_bias = bias, .output_bias = bias});
}

bool gemma2(const ModelConfig& config, std::string_view head, Tally& tally) {
  const bool bias = config.flag("attention_bias");
  return gated_decoder(config, head, tally, {.query_bias = bias, .output_bias = bias, .norms = 4});
}

bool gemma3_text(const ModelConfig& config, std::string_view head, Tally& tally) {
  const bool bias = config.flag("attention_bias");
  const GatedKind kind = {.query_bias = bias,
                          .output_bias = bias,
                          .norms = 4,
                          .attention_norms = 2 * decoder_of(config).head_dim};
  if (head == "TextModel") return gated_decoder(config, "Model", tally, kind);
  if (head == "TextForSequenceClassification") head = "ForSequenceClassification";
  return gated_decoder(config, head, tally, kind);
}

// Phi-3 has its projections in one piece each, which are as many parameters.
bool phi3(const ModelConfig& config, std::string_view head, Tally& tally) {
  return gated_decoder(config, head, tally, {});
}

// The norms of OLMo 2 go over all heads at once.
bool olmo2(const ModelConfig& config, std::string_view head, Tally& tally) {
  const bool bias = config.flag("attention_bias");
  const Decoder d = decoder_of(config);
  return gated_decoder(config, head, tally,
                       {.query_bias = bias, .output_bias = bias, .attention_norms = d.queries() + d.keys()});
}

bool phi(const ModelConfig& config, std::string_view head, Tally& tally) {
  const Decoder d = decoder_of(config);
  Quantity attention = grouped_attention(d, true, true);
  if (config.flag("qk_layernorm")) {
    attention += 2 * norm(config.positive("hidden_size") / config.positive("num_attention_heads"));
  }
  tally.add_embedding("embeddings.words", embedding(d.vocab, d.hidden));
  tally.add("layers.attention", attention, d.layers);
  tally.add("layers.feed_forward", plain_feed_forward(d.hidden, d.intermediate), d.layers);
  tally.add("layers.norms", norm(d.hidden), d.layers);
  tally.add("norm", norm(d.hidden));
  return add_decoder_head(config, head, d.hidden, tally, true);
}

bool mamba(const ModelConfig& config, std::string_view head, Tally& tally) {
  const int64_t width = config.positive("hidden_size");
  const double expanded = std::floor(config.number("expand") * static_cast<double>(width));
  if (!(expanded >= 0 && expanded <= static_cast<double>(largest_config_number))) {
    config.refuse("expand", "a factor above 0 is needed");
  }
  const Quantity hidden = width;
  const Quantity inner = config.positive("intermediate_size", static_cast<int64_t>(expanded));
  const Quantity rank =
      config.text_is("time_step_rank", "auto") ? (width + 15) / 16 : config.positive("time_step_rank");
  const Quantity states = config.positive("state_size");
  const bool bias = config.flag("use_bias");
  const Quantity layers = config.natural("num_hidden_layers");
  tally.add_embedding("embeddings.words", embedding(config.natural("vocab_size"), hidden));
  tally.add("layers.convolution",
            convolution(1, inner, config.positive("conv_kernel"), config.flag("use_conv_bias")), layers);
  tally.add("layers.projections", linear(hidden, 2 * inner, bias) + linear(inner, hidden, bias), layers);
  tally.add("layers.states",
            linear(inner, rank + 2 * states, false) + linear(rank, inner) + inner * states + inner, layers);
  tally.add("layers.norms", rms_norm(hidden), layers);
  tally.add("norm", rms_norm(hidden));
  return add_decoder_head(config, head, hidden, tally);
}

constexpr TypeFormula kFormulas[] = {
    {"bloom", "Bloom", bloom},
    {"codegen", "CodeGen", gptj},
    {"cwm", "Cwm", llama},
    {"ernie4_5", "Ernie4_5", ernie4_5},
    {"falcon", "Falcon", falcon},
    {"falcon_mamba", "FalconMamba", mamba},
    {"gemma", "Gemma", gemma},
    {"gemma2", "Gemma2", gemma2},
    {"gemma3_text", "Gemma3", gemma3_text},
    {"glm", "Glm", glm},
    {"gpt-sw3", "GPT2", gpt2},
    {"gpt2", "GPT2", gpt2},
    {"gpt_neo", "GPTNeo", gpt_neo},
    {"gpt_neox", "GPTNeoX", gpt_neox},
    {"gptj", "GPTJ", gptj},
    {"granite", "Granite", llama},
    {"llama", "Llama", llama},
    {"mamba", "Mamba", mamba},
    {"ministral3", "Ministral3", mistral},
    {"mistral", "Mistral", mistral},
    {"olmo2", "Olmo2", olmo2},
    {"olmo3", "Olmo3", olmo2},
    {"opt", "OPT", opt},
    {"phi", "Phi", phi},
    {"phi3", "Phi3", phi3},
    {"qwen2", "Qwen2", qwen2},
    {"qwen3", "Qwen3", qwen3},
    {"qwen3_vl_text", "Qwen3VL", qwen3_vl_text},
    {"seed_oss", "SeedOss", seed_oss},
    {"smollm3", "SmolLM3", llama},
    {"vaultgemma", "VaultGemma", gemma},
};

}  // namespace

std::span<const TypeFormula> decoder_formulas() { return kFormulas; }

}  // namespace testloom
