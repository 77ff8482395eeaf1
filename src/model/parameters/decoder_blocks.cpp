#include "model/parameters/decoder_blocks.h"

namespace testloom {

Decoder decoder_of(const ModelConfig& config) {
  const int64_t heads = config.positive("num_attention_heads");
  Decoder d;
  d.hidden = config.positive("hidden_size");
  d.heads = heads;
  d.kv_heads = config.positive("num_key_value_heads", heads);
  d.head_dim = config.positive("head_dim", config.positive("hidden_size") / heads);
  d.intermediate = config.positive("intermediate_size");
  d.layers = config.natural("num_hidden_layers");
  d.vocab = config.natural("vocab_size");
  return d;
}

bool add_decoder_head(const ModelConfig& config, std::string_view head, Quantity hidden, Tally& tally,
                      bool word_bias) {
  if (head == "ForCausalLM" || head == "LMHeadModel") {
    const Quantity vocab = config.natural("vocab_size");
    if (!config.flag("tie_word_embeddings")) tally.add("head", linear(hidden, vocab, false));
    if (word_bias) tally.add("head.bias", vocab);
  } else if (head == "ForSequenceClassification") {
    tally.add("head", linear(hidden, config.labels(), false));
  } else if (head == "ForTokenClassification") {
    tally.add("head", linear(hidden, config.labels()));
  } else if (head == "ForQuestionAnswering") {
    tally.add("head", linear(hidden, 2));
  } else {
    return head == "Model";
  }
  return true;
}

}  // namespace testloom
