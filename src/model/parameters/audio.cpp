// Models of sound: Whisper, wav2vec 2.0 and HuBERT, SpeechT5.
#include <fmt/format.h>

#include "model/parameters/decoder_blocks.h"
#include "model/parameters/formulas.h"

namespace testloom {

namespace {

// Whisper's keys have no bias.
Quantity whisper_attention(Quantity width) {
  return 3 * linear(width, width) + linear(width, width, false) + norm(width);
}

void add_whisper_encoder(const ModelConfig& config, Quantity width, Tally& tally) {
  const Quantity layers = config.natural("encoder_layers");
  tally.add("encoder.convolutions",
            convolution(config.positive("num_mel_bins"), width, 3) + convolution(width, width, 3));
  tally.add_embedding("encoder.positions", embedding(config.natural("max_source_positions"), width));
  tally.add("encoder.layers.attention", whisper_attention(width), layers);
  tally.add("encoder.layers.feed_forward",
            plain_feed_forward(width, config.positive("encoder_ffn_dim")) + norm(width), layers);
  tally.add("encoder.norm", norm(width));
}

bool whisper(const ModelConfig& config, std::string_view head, Tally& tally) {
  const Quantity width = split_width(config, "d_model", "encoder_attention_heads");
  split_width(config, "d_model", "decoder_attention_heads");
  if (head != "ForCausalLM") add_whisper_encoder(config, width, tally);
  if (head == "ForAudioClassification") {
    const Quantity projected = config.positive("classifier_proj_size");
    if (config.flag("use_weighted_layer_sum"))
      tally.add("head.layers", Quantity(config.natural("encoder_layers")) + 1);
    tally.add("head", linear(width, projected) + linear(projected, config.labels()));
    return true;
  }
  const Quantity layers = config.natural("decoder_layers");
  const Quantity words = embedding(config.natural("vocab_size"), width);
  tally.add_embedding("decoder.words", words);
  tally.add_embedding("decoder.positions", embedding(config.natural("max_target_positions"), width));
  tally.add("decoder.layers.attention", whisper_attention(width), layers);
  tally.add("decoder.layers.cross_attention", whisper_attention(width), layers);
  tally.add("decoder.layers.feed_forward",
            plain_feed_forward(width, config.positive("decoder_ffn_dim")) + norm(width), layers);
  tally.add("decoder.norm", norm(width));
  if (head == "ForCausalLM" || head == "ForConditionalGeneration") {
    if (!config.flag("tie_word_embeddings")) tally.add("head", words);
    return true;
  }
  return head == "Model";
}

// What wav2vec 2.0's kin make of the waveform: convolutions, a projection, and a convolution that stands for
// the places. `projection_norm`: before the projection.
void add_waveform_front(const ModelConfig& config, Quantity width, bool projection_norm, Tally& tally) {
  const std::vector<int64_t> widths = config.naturals("conv_dim");
  if (widths.empty()) config.refuse("conv_dim", "a width for each convolution is needed");
  const std::vector<int64_t> kernels = config.naturals("conv_kernel");
  if (kernels.size() != widths.size()) {
    config.refuse("conv_kernel",
                  fmt::format("as many numbers as conv_dim has, {}, are needed", widths.size()));
  }
  const std::string norms = config.text("feat_extract_norm");
  if (norms != "group" && norms != "layer")
    config.refuse("feat_extract_norm", "\"group\" or \"layer\" is needed");
  const bool bias = config.flag("conv_bias");
  Quantity before = 1, front = norms == "group" ? norm(widths.front()) : Quantity(0);
  for (size_t layer = 0; layer < widths.size(); ++layer) {
    front += convolution(before, widths[layer], kernels[layer], bias);
    if (norms == "layer") front += norm(widths[layer]);
    before = widths[layer];
  }
  tally.add("front.convolutions", front);
  tally.add("front.projection", linear(before, width) + (projection_norm ? norm(before) : Quantity(0)));
  if (config.number("mask_time_prob", 0) > 0 || config.number("mask_feature_prob", 0) > 0) {
    tally.add("front.mask", width);
  }
}

// The convolution that stands for the places. Its weights are kept as directions and lengths, or have a norm.
void add_place_convolution(const ModelConfig& config, int64_t width, bool batch_norm, Tally& tally) {
  const int64_t groups = config.positive("num_conv_pos_embedding_groups");
  if (width % groups != 0) {
    config.refuse("num_conv_pos_embedding_groups",
                  fmt::format("a divisor of hidden_size = {} is needed", width));
  }
  const Quantity kernel = config.positive("num_conv_pos_embeddings");
  tally.add("front.places", convolution(width / groups, width, kernel) + (batch_norm ? norm(width) : kernel));
}

// An adapter in each layer, which only the layers of the "stable" kind have.
void add_layer_adapters(const ModelConfig& config, Quantity width, Tally& tally) {
  if (!config.has("adapter_attn_dim") || !config.flag("do_stable_layer_norm")) return;
  const Quantity inner = config.positive("adapter_attn_dim");
  tally.add("layers.adapter", norm(width) + plain_feed_forward(width, inner),
            config.natural("num_hidden_layers"));
}

void add_waveform_encoder(const ModelConfig& config, bool projection_norm, bool batch_norm, Tally& tally) {
  const int64_t size = split_width(config, "hidden_size", "num_attention_heads");
  const Quantity width = size;
  const Quantity layers = config.natural("num_hidden_layers");
  add_waveform_front(config, width, projection_norm, tally);
  add_place_convolution(config, size, batch_norm, tally);
  tally.add("layers.attention", 4 * linear(width, width) + norm(width), layers);
  tally.add("layers.feed_forward",
            plain_feed_forward(width, config.positive("intermediate_size")) + norm(width), layers);
  add_layer_adapters(config, width, tally);
  tally.add("norm", norm(width));
}

// The weights of the layers where their sum is weighted.
void add_layer_weights(const ModelConfig& config, Tally& tally) {
  if (config.flag("use_weighted_layer_sum")) {
    tally.add("head.layers", Quantity(config.natural("num_hidden_layers")) + 1);
  }
}

void add_sequence_head(const ModelConfig& config, Tally& tally) {
  const Quantity projected = config.positive("classifier_proj_size");
  add_layer_weights(config, tally);
  tally.add("head", linear(config.positive("hidden_size"), projected) + linear(projected, config.labels()));
}

bool hubert(const ModelConfig& config, std::string_view head, Tally& tally) {
  add_waveform_encoder(config, config.flag("feat_proj_layer_norm"), config.flag("conv_pos_batch_norm"),
                       tally);
  if (head == "ForCTC") {
    tally.add("head", linear(config.positive("hidden_size"), config.natural("vocab_size")));
  } else if (head == "ForSequenceClassification") {
    add_sequence_head(config, tally);
  } else {
    return head == "Model";
  }
  return true;
}

// What shortens the sequence behind the encoder. Gives the width of what comes out.
Quantity add_shortening(const ModelConfig& config, Tally& tally) {
  const int64_t width = config.positive("hidden_size");
  if (!config.flag("add_adapter")) return width;
  const int64_t given = config.natural("output_hidden_size", 0);
  const int64_t size = given == 0 ? width : given;
  const Quantity out = size;
  if (size != width) tally.add("adapter.projection", linear(width, out) + norm(out));
  tally.add("adapter", convolution(out, 2 * out, config.positive("adapter_kernel_size")),
            config.natural("num_adapter_layers"));
  return out;
}

// Time-delay layers that lead to one vector for each speaker.
void add_speaker_head(const ModelConfig& config, Tally& tally) {
  const std::vector<int64_t> widths = config.naturals("tdnn_dim");
  const std::vector<int64_t> kernels = config.naturals("tdnn_kernel");
  if (widths.empty() || kernels.size() < widths.size()) {
    config.refuse("tdnn_kernel",
                  fmt::format("as many numbers as tdnn_dim has, {}, are needed", widths.size()));
  }
  const Quantity vector = config.positive("xvector_output_dim");
  add_layer_weights(config, tally);
  tally.add("head.projection", linear(config.positive("hidden_size"), widths.front()));
  Quantity before = widths.front();
  for (size_t layer = 0; layer < widths.size(); ++layer) {
    tally.add("head.delays", linear(before * kernels[layer], widths[layer]));
    before = widths[layer];
  }
  tally.add("head", linear(2 * before, vector) + linear(vector, vector) + vector * config.labels());
}

bool wav2vec2(const ModelConfig& config, std::string_view head, Tally& tally) {
  add_waveform_encoder(config, true, false, tally);
  const Quantity width = config.positive("hidden_size");
  const Quantity out = add_shortening(config, tally);
  if (head == "ForCTC") {
    tally.add("head", linear(out, config.natural("vocab_size")));
  } else if (head == "ForSequenceClassification") {
    add_sequence_head(config, tally);
  } else if (head == "ForAudioFrameClassification") {
    add_layer_weights(config, tally);
    tally.add("head", linear(width, config.labels()));
  } else if (head == "ForXVector") {
    add_speaker_head(config, tally);
  } else if (head == "ForPreTraining") {
    const Quantity codes = config.positive("codevector_dim"), shared = config.positive("proj_codevector_dim");
    const int64_t groups = config.positive("num_codevector_groups");
    const Quantity vectors = Quantity(groups) * config.positive("num_codevectors_per_group");
    split_width(config, "codevector_dim", "num_codevector_groups");
    tally.add("head.codes", vectors * (config.positive("codevector_dim") / groups));
    tally.add("head", linear(config.naturals("conv_dim").back(), vectors) + linear(width, shared) +
                          linear(codes, shared));
  } else {
    return head == "Model";
  }
  return true;
}

// SpeechT5 is one encoder-decoder with what fits before and behind it, for text or for speech.
void add_speecht5_text(const ModelConfig& config, std::string_view name, Quantity width, Tally& tally) {
  tally.add_embedding(fmt::format("{}.words", name), embedding(config.natural("vocab_size"), width));
}

void add_speecht5_spectrogram(const ModelConfig& config, Quantity width, Tally& tally) {
  const Quantity bins = config.positive("num_mel_bins"),
                 units = config.positive("speech_decoder_prenet_units");
  const int64_t layers = config.natural("speech_decoder_prenet_layers");
  tally.add("decoder.front",
            (layers == 0 ? Quantity(0) : linear(bins, units) + Quantity(layers - 1) * linear(units, units)) +
                linear(units, width) + 1 +
                linear(Quantity(config.natural("speaker_embedding_dim")) + width, width));
  const Quantity frames = config.positive("reduction_factor");
  const Quantity kernel = config.positive("speech_decoder_postnet_kernel");
  const Quantity inner = config.positive("speech_decoder_postnet_units");
  const int64_t convolutions = config.natural("speech_decoder_postnet_layers");
  const auto block = [&](Quantity in, Quantity out) {
    return convolution(in, out, kernel, false) + norm(out);
  };
  tally.add("head", linear(width, bins * frames) + linear(width, frames));
  if (convolutions == 1) tally.add("head.convolutions", block(bins, bins));
  if (convolutions > 1) {
    tally.add("head.convolutions", block(bins, inner) + block(inner, bins));
    tally.add("head.convolutions", block(inner, inner), convolutions - 2);
  }
}

bool speecht5(const ModelConfig& config, std::string_view head, Tally& tally) {
  const int64_t size = split_width(config, "hidden_size", "encoder_attention_heads");
  split_width(config, "hidden_size", "decoder_attention_heads");
  const Quantity width = size;
  const Quantity attention = 4 * linear(width, width) + norm(width);
  const Quantity encoder_layers = config.natural("encoder_layers"),
                 decoder_layers = config.natural("decoder_layers");
  const bool reads = head == "ForTextToSpeech", speaks = reads || head == "ForSpeechToSpeech";
  const bool writes = head == "ForSpeechToText", listens = writes || head == "ForSpeechToSpeech";
  if (listens) {
    Tally::Part part(tally, "encoder");
    add_waveform_front(config, width, true, tally);
    add_place_convolution(config, size, false, tally);
  }
  if (reads) {
    add_speecht5_text(config, "encoder", width, tally);
    tally.add("encoder.scale", 1);
  }
  tally.add("encoder.norm", norm(width));
  tally.add("encoder.layers.attention", attention, encoder_layers);
  tally.add("encoder.layers.feed_forward",
            plain_feed_forward(width, config.positive("encoder_ffn_dim")) + norm(width), encoder_layers);
  tally.add_embedding("encoder.positions",
                      embedding(2 * Quantity(config.natural("encoder_max_relative_position")),
                                size / config.positive("encoder_attention_heads")));
  tally.add("decoder.layers.attention", attention, decoder_layers);
  tally.add("decoder.layers.cross_attention", attention, decoder_layers);
  tally.add("decoder.layers.feed_forward",
            plain_feed_forward(width, config.positive("decoder_ffn_dim")) + norm(width), decoder_layers);
  if (writes) {
    add_speecht5_text(config, "decoder", width, tally);
    if (!config.flag("tie_word_embeddings"))
      tally.add("head", linear(width, config.natural("vocab_size"), false));
  }
  if (speaks) add_speecht5_spectrogram(config, width, tally);
  return head == "Model" || speaks || writes;
}

constexpr TypeFormula kFormulas[] = {
    {"hubert", "Hubert", hubert},
    {"speecht5", "SpeechT5", speecht5},
    {"wav2vec2", "Wav2Vec2", wav2vec2},
    {"whisper", "Whisper", whisper},
};

}  // namespace

std::span<const TypeFormula> audio_formulas() { return kFormulas; }

}  // namespace testloom
