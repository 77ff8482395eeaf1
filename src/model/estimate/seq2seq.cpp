#include "model/estimate/seq2seq.h"

#include <utility>

namespace testloom {

namespace {

Tensor norm(Pass& pass, const Seq2Seq& m, double n) {
  return m.rms ? rms_norm(pass, n) : layer_norm(pass, n);
}

struct Lengths {
  double queries;
  double new_keys;  // 0 where all keys are in the cache
  double keys;
};

// With its projection back. `keys` and `values` are what is in the cache, and stay there.
Tensor attention(Pass& pass, const Seq2Seq& m, const Stack& stack, const Lengths& lengths, Tensor& keys,
                 Tensor& values, bool caches, bool fuses) {
  Tape& tape = pass.tape;
  const double width = stack.heads * stack.head_dim;
  const Attend sizes = {m.batch, stack.heads, stack.heads, stack.head_dim, lengths.queries, lengths.keys};
  const double rows = m.batch * lengths.queries;
  const Part part = caches ? Part::kv_cache : Part::activations;
  Tensor queries = tape.linear(rows, stack.hidden, width);
  if (m.contiguous) {
    queries = tape.make(rows * width);
    queries = tape.make(rows * width);
  }
  for (Tensor* one : {&keys, &values}) {
    if (lengths.new_keys == 0) continue;
    const double new_rows = m.batch * lengths.new_keys;
    Tensor made = tape.linear(new_rows, stack.hidden, width, part);
    if (m.contiguous) made = tape.make(new_rows * width, part);
    if (lengths.new_keys < lengths.keys) made = tape.make(m.batch * lengths.keys * width, part);
    *one = made;
  }
  Tensor context = attend(pass, sizes, m.eager, fuses);
  return tape.linear(rows, width, stack.hidden);
}

Tensor feed(Pass& pass, const Seq2Seq& m, const Stack& stack, double rows) {
  return m.gated ? gated_feed_forward(pass, rows, stack.hidden, stack.inner, m.activation)
                 : feed_forward(pass, rows, stack.hidden, stack.inner, m.activation);
}

// One half of a layer: `work` between a norm, before or behind, and what went in, which is added.
template <class Work>
Tensor half(Pass& pass, const Seq2Seq& m, const Tensor& states, double n, Work work) {
  Tensor in = m.norm_first ? norm(pass, m, n) : states;
  Tensor out = work();
  in = pass.tape.make(n);
  return m.norm_first ? in : norm(pass, m, n);
}

}  // namespace

Tensor encode(Pass& pass, const Seq2Seq& m, Tensor states, double length) {
  Tape& tape = pass.tape;
  const Stack& stack = m.encoder;
  const double n = m.batch * length * stack.hidden;
  const bool fuses = !m.position_bias;
  Tensor mask, bias;
  if (m.position_bias) {
    tape.make_bytes(4 * length * length * 8, Part::attention);  // buckets of distances
    Tensor of_all = tape.make(stack.heads * length * length, Part::attention);
    bias = tape.make(m.batch * stack.heads * length * length, Part::attention);
  } else if (m.masks_input && !pass.sdpa) {
    tape.brief(m.batch * length * length, Part::attention);
    mask = tape.make(m.batch * length * length, Part::attention);
  }
  Tensor current = std::move(states);
  for (int layer = 0; layer < stack.layers; ++layer) {
    current = half(pass, m, current, n, [&] {
      Tensor keys, values;
      return attention(pass, m, stack, {length, length, length}, keys, values, false, fuses);
    });
    current = half(pass, m, current, n, [&] { return feed(pass, m, stack, m.batch * length); });
  }
  return m.norm_first ? norm(pass, m, n) : current;
}

Tensor decode(Pass& pass, const Seq2Seq& m, double length, double past, double encoded, Seq2SeqCache& cache) {
  Tape& tape = pass.tape;
  const Stack& stack = m.decoder;
  const double n = m.batch * length * stack.hidden;
  const bool first = past == 0;
  const bool fuses = !m.position_bias;
  cache.own.resize(2 * static_cast<size_t>(stack.layers));
  cache.crossed.resize(2 * static_cast<size_t>(stack.layers));
  Tensor embeddings = tape.make(n);
  Tensor bias;
  if (m.position_bias) {
    bias = tape.make(m.batch * stack.heads * length * (past + length + encoded), Part::attention);
  } else if (!pass.sdpa) {
    bias = tape.make(m.batch * length * (past + length + encoded), Part::attention);
  }
  Tensor current = embeddings;
  for (int layer = 0; layer < stack.layers; ++layer) {
    Tensor* own = &cache.own[2 * static_cast<size_t>(layer)];
    Tensor* crossed = &cache.crossed[2 * static_cast<size_t>(layer)];
    current = half(pass, m, current, n, [&] {
      return attention(pass, m, stack, {length, length, past + length}, own[0], own[1], true, fuses);
    });
    current = half(pass, m, current, n, [&] {
      return attention(pass, m, stack, {length, first ? encoded : 0, encoded}, crossed[0], crossed[1], true,
                       fuses);
    });
    current = half(pass, m, current, n, [&] { return feed(pass, m, stack, m.batch * length); });
  }
  return m.norm_first ? norm(pass, m, n) : current;
}

void write_decoder_part(const Call& call, const Seq2Seq& m, double encoded) {
  Tape& tape = call.pass.tape;
  Seq2SeqCache cache;
  const auto step = [&](double length, double past) {
    Tensor states = decode(call.pass, m, length, past, encoded, cache);
    Tensor logits = tape.linear(m.batch * length, m.decoder.hidden, m.vocab, Part::logits);
    if (m.logits_bias) logits = tape.make(m.batch * length * m.vocab, Part::logits);
    if (call.generates()) choose_token(call.pass, m.batch, m.vocab, 8);
  };
  if (!call.generates()) {
    step(static_cast<double>(call.work.decoder_seq_len), 0);
    return;
  }
  const double new_tokens = static_cast<double>(call.work.new_tokens);
  step(1, 0);
  each_step(call, new_tokens, [&](double past) { step(1, past); });
}

Seq2Seq bart_stacks(const Call& call) {
  const ModelConfig& config = call.config;
  Seq2Seq m;
  const double hidden = size_of(config, "d_model");
  const auto stack = [&](std::string_view heads, std::string_view inner, std::string_view layers) {
    return Stack{hidden, size_of(config, heads), hidden / size_of(config, heads), size_of(config, inner),
                 layers_of(config, layers)};
  };
  m.encoder = stack("encoder_attention_heads", "encoder_ffn_dim", "encoder_layers");
  m.decoder = stack("decoder_attention_heads", "decoder_ffn_dim", "decoder_layers");
  m.batch = call.batch();
  return m;
}

}  // namespace testloom
