#include "model/estimate/decoder.h"

#include <algorithm>

namespace testloom {

namespace {

Tensor norm(Pass& pass, const DecoderCode& d, double n) {
  return d.style.rms ? rms_norm(pass, n) : layer_norm(pass, n);
}

Tensor feed(Pass& pass, const DecoderCode& d, double tokens) {
  const auto layer = [&](double rows) {
    return d.style.gated ? gated_feed_forward(pass, rows, d.hidden, d.inner, d.activation)
                         : feed_forward(pass, rows, d.hidden, d.inner, d.activation);
  };
  if (d.experts_a_token <= 0) return layer(tokens);
  // The experts take turns; the busiest is taken to see all tokens, as it may.
  Tensor sums = pass.tape.make(tokens * d.hidden);
  Tensor gathered = pass.tape.make(tokens * d.hidden);
  layer(tokens);
  return sums;
}

// Attention of one layer with its projection back; what goes to the cache replaces what was there.
Tensor attention(Pass& pass, const DecoderCode& d, double length, double past, Tensor cached[2]) {
  Tape& tape = pass.tape;
  const DecoderStyle& style = d.style;
  const Attend sizes = {d.batch, d.heads, d.kv_heads, d.head_dim, length, past + length};
  const double tokens = d.batch * length;
  const double query_size = sizes.query_size();
  const double new_keys = tokens * d.kv_heads * d.head_dim;
  Tensor queries, keys, values;
  if (style.fused) {
    queries = tape.linear(tokens, d.hidden, (d.heads + 2 * d.kv_heads) * d.head_dim, Part::kv_cache);
    keys = queries;
    values = queries;
  } else {
    queries = tape.linear(tokens, d.hidden, d.heads * d.head_dim);
    if (style.scaled) queries = tape.make(query_size);
    keys = tape.linear(tokens, d.hidden, d.kv_heads * d.head_dim, Part::kv_cache);
    values = tape.linear(tokens, d.hidden, d.kv_heads * d.head_dim, Part::kv_cache);
  }
  const Tensor fused = style.fused ? queries : Tensor();
  if (style.contiguous == Copies::before_cache) {
    queries = tape.make(query_size);
    keys = tape.make(new_keys, Part::kv_cache);
    values = tape.make(new_keys, Part::kv_cache);
  }
  if (d.rotary > 0) rotate(pass, queries, query_size, keys, new_keys, std::min(1.0, d.rotary));
  if (past > 0) {
    keys = tape.make(sizes.key_size(), Part::kv_cache);
    cached[0] = keys;
    values = tape.make(sizes.key_size(), Part::kv_cache);
  }
  cached[0] = keys;
  cached[1] = values;
  if (style.contiguous == Copies::behind_cache) {
    queries = tape.make(query_size);
    keys = tape.make(sizes.key_size());
    values = tape.make(sizes.key_size());
  }
  if (!style.fused && d.kv_heads < d.heads) {  // repeated for each of its queries' heads
    keys = tape.make(sizes.key_size() * d.heads / d.kv_heads);
    values = tape.make(sizes.key_size() * d.heads / d.kv_heads);
  }
  Tensor context = attend(pass, sizes, style.eager);
  return tape.linear(tokens, d.heads * d.head_dim, d.hidden);
}

Tensor layer(Pass& pass, const DecoderCode& d, Tensor states, double length, double past, Tensor cached[2]) {
  Tape& tape = pass.tape;
  const double tokens = d.batch * length;
  const double n = tokens * d.hidden;
  Tensor normed = norm(pass, d, n);
  Tensor attended = attention(pass, d, length, past, cached);
  if (d.style.parallel) {
    if (d.style.second_norm) normed = norm(pass, d, n);
    Tensor fed = feed(pass, d, tokens);
    Tensor sum = tape.make(n);
    return tape.make(n);
  }
  Tensor sum = tape.make(n);
  if (!d.style.holds_attention) attended.release();
  states.release();
  normed = norm(pass, d, n);
  Tensor fed = feed(pass, d, tokens);
  return tape.make(n);
}

}  // namespace

Tensor pass_over(Pass& pass, const DecoderCode& d, double length, double past, KeyValueCache& cache,
                 bool last_logits) {
  Tape& tape = pass.tape;
  const double tokens = d.batch * length;
  Tensor embeddings = tape.make(tokens * d.hidden);
  Tensor mask;
  if (d.style.mask && !pass.sdpa) {
    const double pairs = d.batch * length * (past + length);
    Tensor causal = tape.make(length * (past + length), Part::attention);
    mask = tape.make(pairs, Part::attention);
    tape.brief(pairs, Part::attention);
  }
  cache.resize(2 * static_cast<size_t>(d.layers));
  Tensor states = embeddings;
  for (int at = 0; at < d.layers; ++at) {
    states = layer(pass, d, states, length, past, &cache[2 * static_cast<size_t>(at)]);
  }
  states = norm(pass, d, tokens * d.hidden);
  embeddings.release();
  mask.release();
  return tape.linear(last_logits ? d.batch : tokens, d.hidden, d.vocab, Part::logits);
}

void write_decoder_call(const Call& call, const DecoderCode& d, double length) {
  KeyValueCache cache;
  const bool last = call.keeps_last_logits(d.style.last_logits);
  Tensor logits = pass_over(call.pass, d, length, 0, cache, last);
  if (!call.generates()) return;
  // The prompt's logits are copied before the last token's are taken.
  Tensor copy = call.pass.tape.make(d.batch * (last ? 1 : length) * d.vocab, Part::logits);
  choose_token(call.pass, d.batch, d.vocab);
  copy.release();
  logits.release();
  const double new_tokens = static_cast<double>(call.work.new_tokens);
  each_step(call, new_tokens,
            [&](double past) { pass_over(call.pass, d, 1, length + past - 1, cache, last); });
}

void write_decoder_call(const Call& call, const DecoderCode& d) {
  write_decoder_call(call, d, call.length());
}

}  // namespace testloom
