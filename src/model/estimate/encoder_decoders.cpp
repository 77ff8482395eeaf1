// Models that read one text and write another: BART and its kin, and T5.
#include <utility>

#include "model/estimate/seq2seq.h"

namespace testloom {

namespace {

void write_text_call(const Call& call, const Seq2Seq& m) {
  const double n = m.batch * call.length() * m.encoder.hidden;
  Tensor words = call.pass.tape.make(n);
  Tensor positions = call.pass.tape.make(m.holds_positions ? n : 0);
  Tensor states = m.rms ? words : layer_norm(call.pass, n);
  Tensor encoded = encode(call.pass, m, std::move(states), call.length());
  words.release();
  positions.release();
  write_decoder_part(call, m, call.length());
}

Seq2Seq bart_of(const Call& call) {
  const ModelConfig& config = call.config;
  Seq2Seq m = bart_stacks(call);
  m.vocab = size_of(config, "vocab_size");
  m.activation = config.text("activation_function", "gelu");
  m.logits_bias = true;
  m.holds_positions = config.model_type() == "bart" || config.model_type() == "mbart";
  return m;
}

void write_bart(const Call& call) { write_text_call(call, bart_of(call)); }

void write_pegasus(const Call& call) {
  Seq2Seq m = bart_of(call);
  m.norm_first = true;
  write_text_call(call, m);
}

void write_t5(const Call& call) {
  const ModelConfig& config = call.config;
  Seq2Seq m;
  m.encoder = {size_of(config, "d_model"), size_of(config, "num_heads"), size_of(config, "d_kv"),
               size_of(config, "d_ff"), layers_of(config, "num_layers")};
  m.decoder = m.encoder;
  if (config.has("num_decoder_layers")) m.decoder.layers = layers_of(config, "num_decoder_layers");
  m.batch = call.batch();
  m.vocab = size_of(config, "vocab_size");
  const std::string projection = config.text("feed_forward_proj", "relu");
  m.gated = projection.starts_with("gated-");
  m.activation = projection == "gated-gelu" ? "gelu_new" : m.gated ? projection.substr(6) : projection;
  m.norm_first = m.rms = m.position_bias = true;
  m.contiguous = false;
  m.eager = {.most = 2, .kept = 2};
  if (call.architecture.ends_with("EncoderModel")) {
    Tensor embeddings = call.pass.tape.make(m.batch * call.length() * m.encoder.hidden);
    encode(call.pass, m, embeddings, call.length());
    return;
  }
  write_text_call(call, m);
}

constexpr Forward forwards[] = {
    {"bart", write_bart},       {"marian", write_bart},     {"blenderbot-small", write_bart},
    {"mbart", write_pegasus},   {"m2m_100", write_pegasus}, {"blenderbot", write_pegasus},
    {"pegasus", write_pegasus}, {"t5", write_t5},           {"mt5", write_t5},
    {"umt5", write_t5},
};

}  // namespace

std::span<const Forward> encoder_decoder_forwards() { return forwards; }

}  // namespace testloom
