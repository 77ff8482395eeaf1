// Text encoders: BERT and its kin.
#include "model/parameters/formulas.h"
#include "model/parameters/layers.h"

namespace testloom {

namespace {

// What the encoders differ in, and share formulas by.
struct Encoder {
  Quantity hidden;
  Quantity embedded;  // the width of the embeddings
  Quantity intermediate;
  Quantity layers;
  Quantity vocab;
};

Encoder encoder_of(const ModelConfig& config, std::string_view embedding_key = {}) {
  const int64_t hidden = split_width(config, "hidden_size", "num_attention_heads");
  return {hidden, embedding_key.empty() ? hidden : config.positive(embedding_key),
          config.positive("intermediate_size"), config.natural("num_hidden_layers"),
          config.natural("vocab_size")};
}

Quantity feed_forward(Quantity hidden, Quantity intermediate, bool bias = true) {
  return linear(hidden, intermediate, bias) + linear(intermediate, hidden, bias);
}

void add_embeddings(const Encoder& e, Quantity positions, Quantity types, Tally& tally) {
  tally.add_embedding("embeddings.words", embedding(e.vocab, e.embedded));
  tally.add_embedding("embeddings.positions", embedding(positions, e.embedded));
  tally.add_embedding("embeddings.types", embedding(types, e.embedded));
}

void add_layers(const Encoder& e, Quantity attention, Tally& tally) {
  tally.add("layers.attention", attention + norm(e.hidden), e.layers);
  tally.add("layers.feed_forward", feed_forward(e.hidden, e.intermediate) + norm(e.hidden), e.layers);
}

// The prediction of words. `bias_twice`: where the word embeddings are not its weights, the class has a bias
// for the head and another for the weights of their own.
void add_words_head(const ModelConfig& config, const Encoder& e, bool bias_twice, Tally& tally) {
  tally.add("head.transform", linear(e.hidden, e.embedded) + norm(e.embedded));
  tally.add("head.bias", e.vocab);
  if (config.flag("tie_word_embeddings")) return;
  tally.add("head.words", linear(e.embedded, e.vocab, bias_twice));
}

// What most encoders have for classes: a linear layer after what the type does first.
bool add_labels_head(std::string_view head, const ModelConfig& config, const Encoder& e, Quantity before,
                     Tally& tally) {
  if (head == "ForSequenceClassification") {
    tally.add("head", before + linear(e.hidden, config.labels()));
  } else if (head == "ForMultipleChoice") {
    tally.add("head", before + linear(e.hidden, 1));
  } else if (head == "ForTokenClassification" || head == "ForQuestionAnswering") {
    tally.add("head", linear(e.hidden, config.labels()));
  } else {
    return head == "Model";
  }
  return true;
}

Quantity attention(const Encoder& e) { return 4 * linear(e.hidden, e.hidden); }

void add_cross_attention(const ModelConfig& config, const Encoder& e, Tally& tally) {
  if (!config.flag("is_decoder") || !config.flag("add_cross_attention")) return;
  tally.add("layers.cross_attention", attention(e) + norm(e.hidden), e.layers);
}

bool predicts_words(std::string_view head) {
  return head == "ForMaskedLM" || head == "ForCausalLM" || head == "LMHeadModel";
}

bool has_pooler(std::string_view head) {
  return head == "Model" || head == "ForSequenceClassification" || head == "ForMultipleChoice" ||
         head == "ForNextSentencePrediction" || head == "ForPreTraining";
}

// What BERT and RoBERTa have below their heads.
void add_body(const ModelConfig& config, const Encoder& e, Tally& tally) {
  add_embeddings(e, config.natural("max_position_embeddings"), config.natural("type_vocab_size"), tally);
  tally.add("embeddings.norm", norm(e.embedded));
  add_layers(e, attention(e), tally);
  add_cross_attention(config, e, tally);
}

bool bert(const ModelConfig& config, std::string_view head, Tally& tally) {
  const Encoder e = encoder_of(config);
  add_body(config, e, tally);
  if (has_pooler(head)) tally.add("pooler", linear(e.hidden, e.hidden));
  if (head == "ForNextSentencePrediction" || head == "ForPreTraining")
    tally.add("head.next", linear(e.hidden, 2));
  if (predicts_words(head) || head == "ForPreTraining") {
    add_words_head(config, e, true, tally);
    return true;
  }
  return head == "ForNextSentencePrediction" || add_labels_head(head, config, e, 0, tally);
}

bool ernie(const ModelConfig& config, std::string_view head, Tally& tally) {
  if (config.flag("use_task_id")) {
    tally.add_embedding("embeddings.tasks",
                        embedding(config.natural("task_type_vocab_size"), config.positive("hidden_size")));
  }
  return bert(config, head, tally);
}

// The heads of RoBERTa's kin: a classifier of whole texts has a dense layer of its own and no pooler.
bool add_roberta_head(std::string_view head, const ModelConfig& config, const Encoder& e, Tally& tally) {
  const bool sequence = head == "ForSequenceClassification";
  const Quantity dense = linear(e.hidden, e.hidden);
  if (has_pooler(head) && !sequence) tally.add("pooler", dense);
  if (predicts_words(head)) {
    add_words_head(config, e, true, tally);
    return true;
  }
  return add_labels_head(head, config, e, sequence ? dense : Quantity(0), tally);
}

bool roberta(const ModelConfig& config, std::string_view head, Tally& tally) {
  const Encoder e = encoder_of(config);
  add_body(config, e, tally);
  return add_roberta_head(head, config, e, tally);
}

bool mpnet(const ModelConfig& config, std::string_view head, Tally& tally) {
  const Encoder e = encoder_of(config);
  add_embeddings(e, config.natural("max_position_embeddings"), 0, tally);
  tally.add("embeddings.norm", norm(e.embedded));
  add_layers(e, attention(e), tally);
  tally.add("relative_positions", embedding(config.natural("relative_attention_num_buckets"),
                                            config.positive("num_attention_heads")));
  return add_roberta_head(head, config, e, tally);
}

bool distilbert(const ModelConfig& config, std::string_view head, Tally& tally) {
  const int64_t hidden = split_width(config, "dim", "n_heads");
  const Encoder e = {hidden, hidden, config.positive("hidden_dim"), config.natural("n_layers"),
                     config.natural("vocab_size")};
  add_embeddings(e, config.natural("max_position_embeddings"), 0, tally);
  tally.add("embeddings.norm", norm(e.embedded));
  add_layers(e, attention(e), tally);
  if (head == "ForMaskedLM") {
    add_words_head(config, e, false, tally);
    return true;
  }
  return add_labels_head(head, config, e, linear(e.hidden, e.hidden), tally);
}

// ALBERT's layers are shared: num_hidden_groups × inner_group_num of them are there, however often they are
// run.
bool albert(const ModelConfig& config, std::string_view head, Tally& tally) {
  Encoder e = encoder_of(config, "embedding_size");
  e.layers = Quantity(config.natural("num_hidden_groups")) * config.natural("inner_group_num");
  add_embeddings(e, config.natural("max_position_embeddings"), config.natural("type_vocab_size"), tally);
  tally.add("embeddings.norm", norm(e.embedded));
  tally.add("embeddings.projection", linear(e.embedded, e.hidden));
  add_layers(e, attention(e), tally);
  if (has_pooler(head)) tally.add("pooler", linear(e.hidden, e.hidden));
  if (head == "ForPreTraining") tally.add("head.order", linear(e.hidden, config.labels()));
  if (head == "ForMaskedLM" || head == "ForPreTraining") {
    add_words_head(config, e, true, tally);
    return true;
  }
  return add_labels_head(head, config, e, 0, tally);
}

// What ELECTRA makes of a sequence before it chooses.
Quantity summary(const ModelConfig& config, const Encoder& e) {
  if (!config.flag("summary_use_proj")) return 0;
  const int64_t labels = config.flag("summary_proj_to_labels") ? config.labels() : 0;
  return linear(e.hidden, labels > 0 ? Quantity(labels) : e.hidden);
}

bool electra(const ModelConfig& config, std::string_view head, Tally& tally) {
  const Encoder e = encoder_of(config, "embedding_size");
  add_embeddings(e, config.natural("max_position_embeddings"), config.natural("type_vocab_size"), tally);
  tally.add("embeddings.norm", norm(e.embedded));
  if (config.positive("embedding_size") != config.positive("hidden_size")) {
    tally.add("embeddings.projection", linear(e.embedded, e.hidden));
  }
  add_layers(e, attention(e), tally);
  add_cross_attention(config, e, tally);
  const Quantity dense = linear(e.hidden, e.hidden);
  if (head == "ForPreTraining") {
    tally.add("head", dense + linear(e.hidden, 1));
    return true;
  }
  if (predicts_words(head)) {
    add_words_head(config, e, false, tally);
    return true;
  }
  if (head == "ForMultipleChoice") return add_labels_head(head, config, e, summary(config, e), tally);
  return add_labels_head(head, config, e, dense, tally);
}

// Whether a kind of relative attention ("c2p", "p2c") is among those of pos_att_type: a list, or a text with
// bars.
bool has_attention_kind(const ModelConfig& config, std::string_view kind) {
  const boost::json::value* value = config.find("pos_att_type");
  if (!value) return false;
  if (value->is_string()) return std::string_view(value->get_string()).find(kind) != std::string_view::npos;
  for (const std::string& entry : config.texts("pos_att_type")) {
    if (entry == kind) return true;
  }
  return false;
}

// How far apart two places may be that relative attention tells apart.
Quantity relative_span(const ModelConfig& config) {
  const int64_t span = config.integer("max_relative_positions", -1);
  return span < 1 ? config.natural("max_position_embeddings") : span;
}

void add_deberta_embeddings(const ModelConfig& config, const Encoder& e, Tally& tally) {
  const bool positions = config.flag("position_biased_input", true);
  add_embeddings(e, positions ? config.natural("max_position_embeddings") : 0,
                 config.natural("type_vocab_size"), tally);
  tally.add("embeddings.norm", norm(e.hidden));
  if (e.embedded.value() != e.hidden.value()) {
    tally.add("embeddings.projection", linear(e.embedded, e.hidden, false));
  }
}

bool add_deberta_head(const ModelConfig& config, std::string_view head, const Encoder& e, Tally& tally) {
  const Quantity pooled = config.positive("pooler_hidden_size", config.positive("hidden_size"));
  if (head == "ForMaskedLM") {
    if (config.flag("legacy", true)) {
      add_words_head(config, e, true, tally);
    } else {
      tally.add("head", linear(e.hidden, e.hidden) + norm(e.hidden) + e.vocab);
    }
    return true;
  }
  if (head == "ForSequenceClassification") {
    tally.add("pooler", linear(pooled, pooled));
    tally.add("head", linear(e.hidden, config.labels()));
    return true;
  }
  if (head == "ForMultipleChoice") {
    tally.add("pooler", linear(pooled, pooled));
    tally.add("head", linear(e.hidden, 1));
    return true;
  }
  return add_labels_head(head, config, e, 0, tally);
}

std::string_view embedding_key(const ModelConfig& config) {
  return config.has("embedding_size") ? "embedding_size" : "hidden_size";
}

bool deberta(const ModelConfig& config, std::string_view head, Tally& tally) {
  const Encoder e = encoder_of(config, embedding_key(config));
  add_deberta_embeddings(config, e, tally);
  Quantity projections = linear(e.hidden, 3 * e.hidden, false) + 2 * e.hidden + linear(e.hidden, e.hidden);
  if (config.flag("talking_head")) {
    const Quantity heads = config.positive("num_attention_heads");
    projections += 2 * linear(heads, heads, false);
  }
  if (config.flag("relative_attention")) {
    if (has_attention_kind(config, "c2p")) projections += linear(e.hidden, e.hidden, false);
    if (has_attention_kind(config, "p2c")) projections += linear(e.hidden, e.hidden);
    tally.add("relative_positions", embedding(2 * relative_span(config), e.hidden));
  }
  add_layers(e, projections, tally);
  return add_deberta_head(config, head, e, tally);
}

bool deberta_v2(const ModelConfig& config, std::string_view head, Tally& tally) {
  const Encoder e = encoder_of(config, embedding_key(config));
  add_deberta_embeddings(config, e, tally);
  const int64_t heads = config.positive("num_attention_heads");
  const Quantity all_heads =
      Quantity(heads) * config.positive("attention_head_size", config.positive("hidden_size") / heads);
  Quantity projections = 3 * linear(e.hidden, all_heads) + linear(e.hidden, e.hidden);
  if (config.flag("relative_attention")) {
    const bool own = !config.flag("share_att_key");
    if (own && has_attention_kind(config, "c2p")) projections += linear(e.hidden, all_heads);
    if (own && has_attention_kind(config, "p2c")) projections += linear(e.hidden, all_heads);
    const int64_t buckets = config.integer("position_buckets", -1);
    tally.add("relative_positions",
              embedding(2 * (buckets > 0 ? Quantity(buckets) : relative_span(config)), e.hidden));
  }
  if (config.text("norm_rel_ebd", "none").find("layer_norm") != std::string::npos) {
    tally.add("relative_positions.norm", norm(e.hidden));
  }
  if (const int64_t kernel = config.integer("conv_kernel_size", 0); kernel > 0) {
    const int64_t grouped = config.positive("hidden_size") / config.positive("conv_groups", 1);
    tally.add("convolution", convolution(grouped, e.hidden, kernel) + norm(e.hidden));
  }
  add_layers(e, projections, tally);
  return add_deberta_head(config, head, e, tally);
}

bool nomic_bert(const ModelConfig& config, std::string_view head, Tally& tally) {
  const Encoder e = encoder_of(config);
  add_embeddings(e, 0, config.natural("type_vocab_size"), tally);
  tally.add("embeddings.norm", norm(e.embedded));
  const int64_t heads = config.positive("num_attention_heads");
  const Quantity all_heads =
      Quantity(heads) * config.positive("head_dim", config.positive("hidden_size") / heads);
  tally.add("layers.attention", 4 * linear(e.hidden, all_heads, false) + norm(e.hidden), e.layers);
  tally.add("layers.feed_forward", 3 * linear(e.hidden, e.intermediate, false) + norm(e.hidden), e.layers);
  if (head == "ForMaskedLM") {
    add_words_head(config, e, true, tally);
    return true;
  }
  return add_labels_head(head, config, e, linear(e.hidden, e.hidden), tally);
}

// LayerNorms have an offset only with norm_bias; the first layer has no norm before its attention.
bool modernbert(const ModelConfig& config, std::string_view head, Tally& tally) {
  const Encoder e = encoder_of(config);
  const bool attention_bias = config.flag("attention_bias"), mlp_bias = config.flag("mlp_bias");
  const Quantity one_norm = config.flag("norm_bias") ? norm(e.hidden) : rms_norm(e.hidden);
  tally.add_embedding("embeddings.words", embedding(e.vocab, e.hidden));
  tally.add("embeddings.norm", one_norm);
  tally.add("layers.attention",
            linear(e.hidden, 3 * e.hidden, attention_bias) + linear(e.hidden, e.hidden, attention_bias),
            e.layers);
  tally.add("layers.feed_forward",
            linear(e.hidden, 2 * e.intermediate, mlp_bias) + linear(e.intermediate, e.hidden, mlp_bias),
            e.layers);
  const int64_t layers = e.layers.value();
  tally.add("layers.norms", one_norm, layers == 0 ? 0 : 2 * layers - 1);
  tally.add("norm", one_norm);
  if (head == "Model") return true;
  const Quantity before = linear(e.hidden, e.hidden, config.flag("classifier_bias")) + one_norm;
  if (head == "ForMaskedLM") {
    const bool bias = config.flag("decoder_bias", true);
    tally.add("head", before + (bias ? e.vocab : Quantity(0)));
    if (!config.flag("tie_word_embeddings")) tally.add("head.words", linear(e.hidden, e.vocab, false));
    return true;
  }
  if (head == "ForTokenClassification" || head == "ForQuestionAnswering") tally.add("head.dense", before);
  return add_labels_head(head, config, e, before, tally);
}

constexpr TypeFormula kFormulas[] = {
    {"albert", "Albert", albert},
    {"bert", "Bert", bert},
    {"camembert", "Camembert", roberta},
    {"data2vec-text", "Data2VecText", roberta},
    {"deberta", "Deberta", deberta},
    {"deberta-v2", "DebertaV2", deberta_v2},
    {"distilbert", "DistilBert", distilbert},
    {"electra", "Electra", electra},
    {"ernie", "Ernie", ernie},
    {"ibert", "IBert", roberta},
    {"megatron-bert", "MegatronBert", bert},
    {"modernbert", "ModernBert", modernbert},
    {"mpnet", "MPNet", mpnet},
    {"nomic_bert", "NomicBert", nomic_bert},
    {"roberta", "Roberta", roberta},
    {"xlm-roberta", "XLMRoberta", roberta},
};

}  // namespace

std::span<const TypeFormula> encoder_formulas() { return kFormulas; }

}  // namespace testloom
