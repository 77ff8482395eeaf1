// Text encoder-decoders: T5, and BART and its kin.
#include "model/parameters/decoder_blocks.h"
#include "model/parameters/formulas.h"

namespace testloom {

namespace {

// T5's stacks have a table of relative positions each (UMT5's layers), and RMSNorms. The word embeddings are
// always tied, whatever the config says.
bool t5(const ModelConfig& config, std::string_view head, Tally& tally) {
  const Quantity width = config.positive("d_model");
  const Quantity heads = config.positive("num_heads");
  const Quantity attention = 4 * linear(width, heads * config.positive("d_kv"), false) + rms_norm(width);
  const bool gated = config.text("feed_forward_proj").starts_with("gated");
  const Quantity inner = config.positive("d_ff");
  const Quantity feed_forward =
      (gated ? gated_feed_forward(width, inner) : plain_feed_forward(width, inner, false)) + rms_norm(width);
  const Quantity positions = embedding(config.natural("relative_attention_num_buckets"), heads);
  const bool in_each_layer = config.model_type() == "umt5";
  const auto tables = [&](Quantity layers) {
    return in_each_layer || layers.value() == 0 ? layers : Quantity(1);
  };
  const int64_t encoder_layers = config.natural("num_layers");
  const Quantity decoder_layers = config.natural("num_decoder_layers", encoder_layers);
  tally.add_embedding("embeddings.words", embedding(config.natural("vocab_size"), width));
  tally.add("encoder.relative_positions", positions, tables(encoder_layers));
  tally.add("encoder.layers.attention", attention, encoder_layers);
  tally.add("encoder.layers.feed_forward", feed_forward, encoder_layers);
  tally.add("encoder.norm", rms_norm(width));
  const bool encoder_only = head == "EncoderModel" || head == "ForTokenClassification";
  if (encoder_only && config.flag("is_decoder")) {
    tally.add("encoder.layers.cross_attention", attention, encoder_layers);
  }
  if (!encoder_only) {
    tally.add("decoder.relative_positions", positions, tables(decoder_layers));
    tally.add("decoder.layers.attention", attention, decoder_layers);
    tally.add("decoder.layers.cross_attention", attention, decoder_layers);
    tally.add("decoder.layers.feed_forward", feed_forward, decoder_layers);
    tally.add("decoder.norm", rms_norm(width));
  }
  if (head == "ForTokenClassification" || head == "ForQuestionAnswering") {
    tally.add("head", linear(width, config.labels()));
    return true;
  }
  if (head == "ForSequenceClassification") {
    tally.add("head", linear(width, width) + linear(width, config.labels()));
    return true;
  }
  return head == "Model" || head == "EncoderModel" || head == "ForConditionalGeneration";
}

// What BART's kin differ in.
struct BartKind {
  int position_rows = 0;         // in the table of positions, before the first
  bool embedding_norms = false;  // a norm after the embeddings of each stack
  bool final_norms = false;      // a norm after each stack's layers
};

bool add_decoder_stack(const ModelConfig& config, Quantity width, const BartKind& kind, Tally& tally) {
  const Quantity positions = Quantity(config.natural("max_position_embeddings")) + kind.position_rows;
  const Quantity layers = config.natural("decoder_layers");
  const Quantity attention = 4 * linear(width, width) + norm(width);
  tally.add_embedding("decoder.positions", embedding(positions, width));
  tally.add("decoder.layers.attention", attention, layers);
  tally.add("decoder.layers.cross_attention", attention, layers);
  tally.add("decoder.layers.feed_forward",
            plain_feed_forward(width, config.positive("decoder_ffn_dim")) + norm(width), layers);
  tally.add("decoder.norms", (kind.embedding_norms + kind.final_norms) * norm(width));
  return true;
}

void add_encoder_stack(const ModelConfig& config, Quantity width, const BartKind& kind, Tally& tally) {
  const Quantity positions = Quantity(config.natural("max_position_embeddings")) + kind.position_rows;
  const Quantity layers = config.natural("encoder_layers");
  tally.add_embedding("encoder.positions", embedding(positions, width));
  tally.add("encoder.layers.attention", 4 * linear(width, width) + norm(width), layers);
  tally.add("encoder.layers.feed_forward",
            plain_feed_forward(width, config.positive("encoder_ffn_dim")) + norm(width), layers);
  tally.add("encoder.norms", (kind.embedding_norms + kind.final_norms) * norm(width));
}

// The tables of words are the same one when they are tied; else the model has one besides those of its
// stacks.
bool bart_like(const ModelConfig& config, std::string_view head, Tally& tally, const BartKind& kind) {
  const Quantity width = split_width(config, "d_model", "encoder_attention_heads");
  split_width(config, "d_model", "decoder_attention_heads");
  const Quantity words = embedding(config.natural("vocab_size"), width);
  const bool tied = config.flag("tie_word_embeddings");
  if (head == "ForCausalLM") {
    tally.add_embedding("decoder.words", words);
    add_decoder_stack(config, width, kind, tally);
    if (!tied) tally.add("head", words);
    return true;
  }
  tally.add_embedding("embeddings.words", tied ? words : 3 * words);
  add_encoder_stack(config, width, kind, tally);
  add_decoder_stack(config, width, kind, tally);
  if (head == "ForConditionalGeneration") {
    if (!tied) tally.add("head", words);
  } else if (head == "ForSequenceClassification") {
    tally.add("head", linear(width, width) + linear(width, config.labels()));
  } else if (head == "ForQuestionAnswering") {
    tally.add("head", linear(width, 2));
  } else {
    return head == "Model";
  }
  return true;
}

bool bart(const ModelConfig& config, std::string_view head, Tally& tally) {
  return bart_like(config, head, tally, {.position_rows = 2, .embedding_norms = true});
}

bool blenderbot_small(const ModelConfig& config, std::string_view head, Tally& tally) {
  return bart_like(config, head, tally, {.embedding_norms = true});
}

bool mbart(const ModelConfig& config, std::string_view head, Tally& tally) {
  return bart_like(config, head, tally, {.position_rows = 2, .embedding_norms = true, .final_norms = true});
}

bool pegasus(const ModelConfig& config, std::string_view head, Tally& tally) {
  return bart_like(config, head, tally, {.final_norms = true});
}

// Marian's stacks may have vocabularies of their own.
bool marian(const ModelConfig& config, std::string_view head, Tally& tally) {
  if (head == "MTModel") head = "ForConditionalGeneration";
  if (head != "ForCausalLM" && config.flag("share_encoder_decoder_embeddings", true)) {
    return bart_like(config, head, tally, {});
  }
  const Quantity width = split_width(config, "d_model", "encoder_attention_heads");
  split_width(config, "d_model", "decoder_attention_heads");
  const int64_t vocab = config.natural("vocab_size");
  const int64_t decoder_vocab = config.natural("decoder_vocab_size", 0);
  const Quantity decoder_words = embedding(decoder_vocab == 0 ? vocab : decoder_vocab, width);
  tally.add_embedding("decoder.words", decoder_words);
  add_decoder_stack(config, width, {}, tally);
  if (head != "ForCausalLM") {
    tally.add_embedding("encoder.words", embedding(vocab, width));
    add_encoder_stack(config, width, {}, tally);
  }
  const bool predicts = head == "ForCausalLM" || head == "ForConditionalGeneration";
  if (predicts && !config.flag("tie_word_embeddings")) tally.add("head", decoder_words);
  return predicts || head == "Model";
}

constexpr TypeFormula kFormulas[] = {
    {"bart", "Bart", bart},
    {"blenderbot", "Blenderbot", pegasus},
    {"blenderbot-small", "BlenderbotSmall", blenderbot_small},
    {"longt5", "LongT5", t5},
    {"marian", "Marian", marian},
    {"mbart", "MBart", mbart},
    {"mt5", "MT5", t5},
    {"pegasus", "Pegasus", pegasus},
    {"t5", "T5", t5},
    {"umt5", "UMT5", t5},
};

}  // namespace

std::span<const TypeFormula> encoder_decoder_formulas() { return kFormulas; }

}  // namespace testloom
