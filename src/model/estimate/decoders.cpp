// Causal language models: a layer that they all share, in which they differ by a row of a table.
#include <vector>

#include "model/estimate/decoder.h"
#include "model/estimate/forwards.h"

namespace testloom {

namespace {

constexpr DecoderStyle gpt2 = {.fused = true, .eager = {.most = 2, .kept = 1}, .holds_attention = true};
constexpr DecoderStyle gpt_neo = {.eager = {.most = 2, .kept = 1}, .mask = true};
constexpr DecoderStyle gpt_neox = {
    .fused = true, .parallel = true, .second_norm = true, .eager = {.most = 2, .kept = 2}, .mask = true};
constexpr DecoderStyle gptj = {.parallel = true, .eager = {.most = 2, .kept = 1}, .mask = true};
constexpr DecoderStyle opt = {.contiguous = Copies::before_cache,
                              .scaled = true,
                              .eager = {.most = 2, .kept = 1, .copies = false},
                              .mask = true};
constexpr DecoderStyle bloom = {.fused = true,
                                .contiguous = Copies::behind_cache,
                                .eager = {.most = 3, .kept = 3, .copies = false},
                                .mask = true};
constexpr DecoderStyle falcon = {.fused = true,
                                 .contiguous = Copies::before_cache,
                                 .parallel = true,
                                 .eager = {.most = 3, .kept = 1},
                                 .mask = true};
constexpr DecoderStyle llama = {
    .gated = true, .rms = true, .eager = {.most = 2, .kept = 1}, .mask = true, .last_logits = true};
constexpr DecoderStyle phi = {
    .parallel = true, .eager = {.most = 2, .kept = 1}, .mask = true, .last_logits = true};

// Where a config keeps the sizes; keys that have several names go by any of them.
DecoderCode decoder_of(const Call& call, const DecoderStyle& style) {
  const ModelConfig& config = call.config;
  DecoderCode d;
  d.style = style;
  d.batch = call.batch();
  d.hidden = size_of(config, "hidden_size");
  d.heads = size_of(config, "num_attention_heads");
  d.kv_heads = config.has("num_key_value_heads") ? size_of(config, "num_key_value_heads") : d.heads;
  d.head_dim = config.has("head_dim") ? size_of(config, "head_dim") : d.hidden / d.heads;
  d.inner = config.has("intermediate_size") ? size_of(config, "intermediate_size") : 4 * d.hidden;
  d.vocab = size_of(config, "vocab_size");
  d.layers = layers_of(config, "num_hidden_layers");
  d.activation =
      config.text(config.first_of({"hidden_act", "activation_function", "hidden_activation"}), "gelu");
  return d;
}

void write_gpt2(const Call& call) {
  DecoderCode d = decoder_of(call, gpt2);
  if (call.config.has("n_inner")) d.inner = size_of(call.config, "n_inner");
  write_decoder_call(call, d);
}

void write_gpt_neo(const Call& call) { write_decoder_call(call, decoder_of(call, gpt_neo)); }

void write_gpt_neox(const Call& call) {
  DecoderCode d = decoder_of(call, gpt_neox);
  d.rotary = call.config.number(call.config.first_of({"rotary_pct", "partial_rotary_factor"}), 0.25);
  d.style.parallel = call.config.flag("use_parallel_residual", true);
  write_decoder_call(call, d);
}

void write_gptj(const Call& call) {
  DecoderCode d = decoder_of(call, gptj);
  d.rotary = size_of(call.config, "rotary_dim") / d.head_dim;
  if (call.config.has("n_inner")) d.inner = size_of(call.config, "n_inner");
  write_decoder_call(call, d);
}

void write_opt(const Call& call) {
  DecoderCode d = decoder_of(call, opt);
  d.inner = size_of(call.config, "ffn_dim");
  write_decoder_call(call, d);
}

void write_bloom(const Call& call) {
  DecoderCode d = decoder_of(call, bloom);
  d.activation = "bloom_gelu";
  write_decoder_call(call, d);
}

void write_falcon(const Call& call) {
  DecoderCode d = decoder_of(call, falcon);
  if (!call.config.flag("new_decoder_architecture")) {
    d.kv_heads = call.config.flag("multi_query") ? 1 : d.heads;
  } else if (call.config.has("num_kv_heads")) {
    d.kv_heads = size_of(call.config, "num_kv_heads");
  }
  d.inner = call.config.has("ffn_hidden_size") ? size_of(call.config, "ffn_hidden_size") : 4 * d.hidden;
  d.rotary = call.config.flag("alibi") ? 0 : 1;
  d.activation = call.config.text("activation", "gelu");
  d.style.parallel = call.config.flag("parallel_attn", true) || call.config.flag("new_decoder_architecture");
  write_decoder_call(call, d);
}

void write_llama(const Call& call) { write_decoder_call(call, llama_of(call)); }

void write_phi(const Call& call) {
  DecoderCode d = decoder_of(call, phi);
  d.rotary = call.config.number("partial_rotary_factor", 0.5);
  write_decoder_call(call, d);
}

// Each token goes to a few experts; the tokens of an expert are gathered and scattered.
void write_mixture(const Call& call) {
  DecoderCode d = llama_of(call);
  if (call.config.has("moe_intermediate_size")) d.inner = size_of(call.config, "moe_intermediate_size");
  d.experts_a_token = static_cast<double>(call.config.natural("num_experts_per_tok", 2));
  write_decoder_call(call, d);
}

// The slow path of Mamba: the state of each token, for each channel, is laid out for the whole text.
void write_mamba(const Call& call) {
  Pass& pass = call.pass;
  Tape& tape = pass.tape;
  const ModelConfig& config = call.config;
  const double hidden = size_of(config, "hidden_size");
  const double inner = config.has("intermediate_size") ? size_of(config, "intermediate_size")
                                                       : size_of(config, "expand") * hidden;
  const double state = size_of(config, "state_size");
  const int layers = layers_of(config, "num_hidden_layers");
  const double vocab = size_of(config, "vocab_size");
  std::vector<Tensor> cache(static_cast<size_t>(layers));
  const bool last = call.keeps_last_logits(false);
  const auto pass_over = [&](double length) {
    const double tokens = call.batch() * length;
    const double states = tokens * hidden;
    Tensor embeddings = tape.make(states);
    Tensor current = embeddings;
    for (int layer = 0; layer < layers; ++layer) {
      Tensor normed = rms_norm(pass, states);
      cache[layer] = tape.make(call.batch() * inner * (state + 4), Part::kv_cache);
      Tensor projected = tape.linear(tokens, hidden, 2 * inner);
      Tensor channels = tape.make(tokens * inner);
      channels = tape.make(tokens * inner);
      Tensor steps = tape.make(tokens * inner);
      steps = tape.make(tokens * inner);
      Tensor decay = tape.make(tokens * inner * state);
      decay = tape.make(tokens * inner * state);
      Tensor drive = tape.make(tokens * inner * state);
      Tensor driven = tape.make(tokens * inner * state);
      Tensor outputs = tape.make(tokens * inner);
      outputs = tape.make(tokens * inner);
      outputs = tape.make(tokens * inner);
      Tensor output = tape.linear(tokens, inner, hidden);
      current = tape.make(states);
    }
    current = rms_norm(pass, states);
    return tape.linear(last ? call.batch() : tokens, hidden, vocab, Part::logits);
  };
  Tensor logits = pass_over(call.length());
  if (!call.generates()) return;
  Tensor copy = tape.make(call.batch() * (last ? 1 : call.length()) * vocab, Part::logits);
  logits.release();
  copy.release();
  each_step(call, static_cast<double>(call.work.new_tokens), [&](double) { pass_over(1); });
}

constexpr Forward forwards[] = {
    {"gpt2", write_gpt2},         {"gpt_neo", write_gpt_neo},   {"gpt_neox", write_gpt_neox},
    {"gptj", write_gptj},         {"codegen", write_gptj},      {"opt", write_opt},
    {"bloom", write_bloom},       {"falcon", write_falcon},     {"llama", write_llama},
    {"mistral", write_llama},     {"qwen2", write_llama},       {"qwen3", write_llama},
    {"gemma", write_llama},       {"gemma2", write_llama},      {"gemma3_text", write_llama},
    {"phi3", write_llama},        {"olmo", write_llama},        {"olmo2", write_llama},
    {"stablelm", write_llama},    {"phi", write_phi},           {"mixtral", write_mixture},
    {"qwen2_moe", write_mixture}, {"qwen3_moe", write_mixture}, {"mamba", write_mamba},
};

}  // namespace

DecoderCode llama_of(const Call& call) {
  DecoderCode d = decoder_of(call, llama);
  d.rotary = call.config.number("partial_rotary_factor", 1);
  return d;
}

std::span<const Forward> decoder_forwards() { return forwards; }

}  // namespace testloom
