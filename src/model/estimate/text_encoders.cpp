// BERT and its kin.
#include <algorithm>
#include <vector>

#include "model/estimate/forwards.h"

namespace testloom {

namespace {

struct Encoder {
  double batch;
  double length;
  double hidden;
  double heads;
  double intermediate;
  int layers;
  std::string activation;

  double tokens() const { return batch * length; }
  double states() const { return tokens() * hidden; }
  Attend attend() const { return {batch, heads, heads, hidden / heads, length, length}; }
};

Encoder encoder_of(const Call& call, std::string_view hidden = "hidden_size",
                   std::string_view heads = "num_attention_heads",
                   std::string_view intermediate = "intermediate_size",
                   std::string_view layers = "num_hidden_layers",
                   std::string_view activation = "hidden_act") {
  const ModelConfig& config = call.config;
  return {call.batch(),
          call.length(),
          size_of(config, hidden),
          size_of(config, heads),
          size_of(config, intermediate),
          layers_of(config, layers),
          config.text(activation, "gelu")};
}

// Word, position and type embeddings are added up and normed.
Tensor embed(Pass& pass, double tokens, double width) {
  Tensor words = pass.tape.make(tokens * width);
  Tensor types = pass.tape.make(tokens * width);
  Tensor sum = pass.tape.make(tokens * width);
  return layer_norm(pass, tokens * width);
}

// A dense layer, what went in before added, and a norm.
Tensor dense_add_norm(Pass& pass, double rows, double in, double out) {
  Tensor dense = pass.tape.linear(rows, in, out);
  Tensor sum = pass.tape.make(rows * out);
  return layer_norm(pass, rows * out);
}

Tensor feed_forward_add_norm(Pass& pass, const Encoder& e) {
  Tensor wide = pass.tape.linear(e.tokens(), e.hidden, e.intermediate);
  wide = activate(pass, e.activation, e.tokens() * e.intermediate);
  return dense_add_norm(pass, e.tokens(), e.intermediate, e.hidden);
}

Tensor projected(Pass& pass, const Encoder& e) { return pass.tape.linear(e.tokens(), e.hidden, e.hidden); }

// What stands over the encoder: words to predict, or a few numbers.
void write_head(const Call& call, const Encoder& e, double embedded) {
  const std::string& name = call.architecture;
  if (!name.ends_with("MaskedLM") && !name.ends_with("CausalLM") && !name.ends_with("PreTraining")) return;
  Tape& tape = call.pass.tape;
  Tensor dense = tape.linear(e.tokens(), e.hidden, embedded);
  Tensor active = activate(call.pass, e.activation, e.tokens() * embedded);
  Tensor normed = layer_norm(call.pass, e.tokens() * embedded);
  tape.linear(e.tokens(), embedded, size_of(call.config, "vocab_size"), Part::logits);
}

void bert(const Call& call) {
  const Encoder e = encoder_of(call);
  Pass& pass = call.pass;
  const double embedded =
      call.config.has("embedding_size") ? size_of(call.config, "embedding_size") : e.hidden;
  Tensor embeddings = embed(pass, e.tokens(), embedded);
  if (embedded != e.hidden) embeddings = projected(pass, e);
  Tensor states = embeddings;
  for (int layer = 0; layer < e.layers; ++layer) {
    Tensor attention;
    {
      Tensor queries = projected(pass, e), keys = projected(pass, e), values = projected(pass, e);
      attention = attend(pass, e.attend(), {.most = 2, .kept = 2});
    }
    attention = dense_add_norm(pass, e.tokens(), e.hidden, e.hidden);
    states = feed_forward_add_norm(pass, e);
  }
  write_head(call, e, embedded);
}

void distilbert(const Call& call) {
  const Encoder e = encoder_of(call, "dim", "n_heads", "hidden_dim", "n_layers", "activation");
  Pass& pass = call.pass;
  Tensor embeddings = embed(pass, e.tokens(), e.hidden);
  Tensor states = embeddings;
  for (int layer = 0; layer < e.layers; ++layer) {
    Tensor attention;
    {
      Tensor queries = projected(pass, e), keys = projected(pass, e), values = projected(pass, e);
      queries = pass.tape.make(e.states());  // scaled
      Tensor context = attend(pass, e.attend(), {.most = 2, .kept = 2});
      attention = projected(pass, e);
    }
    attention = layer_norm(pass, e.states());
    Tensor forward = feed_forward(pass, e.tokens(), e.hidden, e.intermediate, e.activation);
    Tensor sum = pass.tape.make(e.states());
    states = layer_norm(pass, e.states());
  }
  write_head(call, e, e.hidden);
}

void albert(const Call& call) {
  const Encoder e = encoder_of(call);
  Pass& pass = call.pass;
  const double embedded = size_of(call.config, "embedding_size");
  Tensor embeddings = embed(pass, e.tokens(), embedded);
  Tensor states = projected(pass, e);
  for (int layer = 0; layer < e.layers; ++layer) {
    Tensor attention;
    {
      Tensor queries = projected(pass, e), keys = projected(pass, e), values = projected(pass, e);
      Tensor context = attend(pass, e.attend(), {.most = 2, .kept = 2});
      attention = dense_add_norm(pass, e.tokens(), e.hidden, e.hidden);
    }
    Tensor forward = feed_forward(pass, e.tokens(), e.hidden, e.intermediate, e.activation);
    Tensor sum = pass.tape.make(e.states());
    states = layer_norm(pass, e.states());
  }
  write_head(call, e, embedded);
}

void mpnet(const Call& call) {
  const Encoder e = encoder_of(call);
  Pass& pass = call.pass;
  Tensor embeddings = embed(pass, e.tokens(), e.hidden);
  // A bias by the distance of two tokens, for each head, laid out for each text.
  Tensor bias = pass.tape.make(e.attend().scores(), Part::attention);
  Tensor states = embeddings;
  for (int layer = 0; layer < e.layers; ++layer) {
    Tensor attention;
    {
      Tensor queries = projected(pass, e), keys = projected(pass, e), values = projected(pass, e);
      Tensor context = attend(pass, e.attend(), {.most = 2, .kept = 2}, false);
      Tensor output = projected(pass, e);
      Tensor sum = pass.tape.make(e.states());
      attention = layer_norm(pass, e.states());
    }
    states = feed_forward_add_norm(pass, e);
  }
  write_head(call, e, e.hidden);
}

// DeBERTa adds to the scores what content says about distances, and distances about content: for each, a
// product with the distances' embeddings, from which a score for each pair of tokens is gathered by an index
// of 8 bytes.
struct Disentangled {
  double distances;  // that have embeddings
  double ways;       // c2p, p2c
  bool spread;       // version 2: the distances' embeddings are laid out for each text
};

Tensor disentangled_bias(Pass& pass, const Encoder& e, const Disentangled& d) {
  Tape& tape = pass.tape;
  const Attend a = e.attend();
  const double embedded = d.distances * e.hidden;
  const double all_embedded = e.batch * embedded;
  std::vector<Tensor> spread;
  for (double way = 0; d.spread && way < d.ways; ++way) {
    Tensor projected_distances = tape.linear(d.distances, e.hidden, e.hidden);
    projected_distances = tape.make(embedded);
    spread.push_back(tape.make(all_embedded));
  }
  Tensor bias, gathered;
  for (double way = 0; way < d.ways; ++way) {
    Tensor projected_distances = tape.linear(d.spread ? 0 : d.distances, e.hidden, e.hidden);
    Tensor positions = tape.make_bytes(e.length * e.length * 8, Part::attention);
    Tensor by_distance;
    {
      Tensor copy = tape.make(d.spread ? 0 : e.states());
      Tensor copies = tape.make(d.spread ? 0 : all_embedded);
      by_distance = tape.products(e.batch * e.heads, e.length, a.head_dim, d.distances, Part::attention);
    }
    Tensor by_pair = tape.make(a.scores(), Part::attention);
    by_distance.release();
    Tensor scaled = tape.make(d.spread ? a.scores() : 0, Part::attention);
    if (way == 0) {
      bias = tape.make(a.scores(), Part::attention);
      gathered = by_pair;
    }
  }
  return bias;
}

// DeBERTa's own norm, of torch's operators.
Tensor deberta_norm(Pass& pass, double n) {
  {
    Tensor centred = pass.tape.make(n);
    pass.tape.brief(n);
  }
  Tensor centred = pass.tape.make(n);
  Tensor scaled = pass.tape.make(n);
  centred = pass.tape.make(n);
  return pass.tape.make(n);
}

Tensor deberta_context(Pass& pass, const Encoder& e, const Disentangled& d, bool fused) {
  Tape& tape = pass.tape;
  const Attend a = e.attend();
  Tensor queries, keys, values;
  if (fused) {
    keys = tape.linear(e.tokens(), e.hidden, 3 * e.hidden);
    queries = tape.make(e.states());
    values = tape.make(e.states());
    queries = tape.make(e.states());
  } else {
    for (Tensor* one : {&queries, &keys, &values}) {
      *one = projected(pass, e);
      *one = tape.make(e.states());
    }
  }
  Tensor scores;
  {
    Tensor copies = tape.make((fused ? 2 : 1) * e.states());
    scores = tape.products(e.batch * e.heads, e.length, a.head_dim, e.length, Part::attention);
  }
  Tensor bias = disentangled_bias(pass, e, d);
  scores = tape.make(a.scores(), Part::attention);
  // Masked, softmax, and masked again in place.
  Tensor masked = tape.make(a.scores(), Part::attention);
  masked = tape.make(a.scores(), Part::attention);
  Tensor copy = tape.make(fused ? e.states() : 0);
  Tensor context = tape.products(e.batch * e.heads, e.length, e.length, a.head_dim, Part::activations);
  copy.release();
  return tape.make(e.states());
}

void write_deberta(const Call& call, const Encoder& e, const Disentangled& d, bool fused) {
  Pass& pass = call.pass;
  Tape& tape = pass.tape;
  const auto add_norm = [&](double in) {
    Tensor dense = tape.linear(e.tokens(), in, e.hidden);
    Tensor sum = tape.make(e.states());
    return fused ? deberta_norm(pass, e.states()) : layer_norm(pass, e.states());
  };
  Tensor states = embed(pass, e.tokens(), e.hidden);
  Tensor mask = tape.make_bytes(e.batch * e.length * e.length, Part::attention);
  Tensor distances = tape.make_bytes(e.length * e.length * 8, Part::attention);
  std::vector<Tensor> all_states;  // the model asks the encoder for them, whatever the caller wants
  for (int layer = 0; layer < e.layers; ++layer) {
    all_states.push_back(states);
    Tensor attention = deberta_context(pass, e, d, fused);
    attention = add_norm(e.hidden);
    Tensor wide = tape.linear(e.tokens(), e.hidden, e.intermediate);
    wide = activate(pass, e.activation, e.tokens() * e.intermediate);
    states = add_norm(e.intermediate);
  }
  write_head(call, e, e.hidden);
}

double ways_of(const ModelConfig& config) {
  if (!config.flag("relative_attention")) return 0;
  return std::min<double>(2, static_cast<double>(config.texts("pos_att_type").size()));
}

void deberta(const Call& call) {
  const Encoder e = encoder_of(call);
  int64_t most = call.config.integer("max_relative_positions", -1);
  if (most < 1) most = call.config.positive("max_position_embeddings", 512);
  const double distances = 2 * std::min(static_cast<double>(most), e.length);
  write_deberta(call, e, {distances, ways_of(call.config), false}, true);
}

void deberta_v2(const Call& call) {
  const Encoder e = encoder_of(call);
  int64_t most = call.config.integer("position_buckets", -1);
  if (most < 1) most = call.config.integer("max_relative_positions", -1);
  if (most < 1) most = call.config.positive("max_position_embeddings", 512);
  write_deberta(call, e, {2 * static_cast<double>(most), ways_of(call.config), true}, false);
}

// ModernBERT and Nomic's BERT: rotary positions, and a gate in the feed-forward layer.
void modern_bert(const Call& call) {
  const Encoder e = encoder_of(call, "hidden_size", "num_attention_heads", "intermediate_size",
                               "num_hidden_layers", "hidden_activation");
  Pass& pass = call.pass;
  Tensor embeddings = embed(pass, e.tokens(), e.hidden);
  Tensor states = embeddings;
  for (int layer = 0; layer < e.layers; ++layer) {
    Tensor normed = layer_norm(pass, e.states());
    Tensor attention;
    {
      Tensor fused = pass.tape.linear(e.tokens(), e.hidden, 3 * e.hidden);
      Tensor queries = fused, keys = fused;
      rotate(pass, queries, e.states(), keys, e.states());
      attention = attend(pass, e.attend(), {.most = 2, .kept = 1});
      attention = projected(pass, e);
    }
    states = pass.tape.make(e.states());
    normed = layer_norm(pass, e.states());
    Tensor forward = gated_feed_forward(pass, e.tokens(), e.hidden, e.intermediate, e.activation);
    states = pass.tape.make(e.states());
  }
  write_head(call, e, e.hidden);
}

constexpr Forward forwards[] = {
    {"bert", bert},
    {"roberta", bert},
    {"xlm-roberta", bert},
    {"camembert", bert},
    {"electra", bert},
    {"xlm-roberta-xl", bert},
    {"ernie", bert},
    {"data2vec-text", bert},
    {"megatron-bert", bert},
    {"layoutlm", bert},
    {"distilbert", distilbert},
    {"albert", albert},
    {"mpnet", mpnet},
    {"deberta", deberta},
    {"deberta-v2", deberta_v2},
    {"modernbert", modern_bert},
    {"nomic_bert", modern_bert},
};

}  // namespace

std::span<const Forward> text_encoder_forwards() { return forwards; }

}  // namespace testloom
