// Speech: wav2vec 2.0 and HuBERT over samples, Whisper over a spectrogram, SpeechT5.
#include <algorithm>
#include <utility>
#include <vector>

#include "model/estimate/seq2seq.h"

namespace testloom {

namespace {

constexpr double samples_a_second = 16000;

struct Frames {
  Tensor features;
  double frames = 0;
  double channels = 0;
};

// A stack of convolutions, each with an activation, the first or all with a norm.
Frames feature_encoder(const Call& call) {
  const ModelConfig& config = call.config;
  Pass& pass = call.pass;
  Tape& tape = pass.tape;
  const std::vector<int64_t> widths = config.naturals("conv_dim");
  const std::vector<int64_t> kernels = config.naturals("conv_kernel", widths.size());
  const std::vector<int64_t> strides = config.naturals("conv_stride", widths.size());
  if (widths.size() > 64) config.refuse("conv_dim", "a list of at most 64 layers");
  const bool group_norm = config.text("feat_extract_norm", "group") == "group";
  Frames f{{}, call.work.audio_seconds * samples_a_second, 1};
  const auto of = [](const std::vector<int64_t>& list, size_t at) {
    return std::max(1.0, static_cast<double>(list[list.size() == 1 ? 0 : at]));
  };
  for (size_t at = 0; at < widths.size(); ++at) {
    const double frames = convolved(f.frames, of(kernels, at), of(strides, at), 0);
    const double n = call.batch() * frames * of(widths, at);
    f.features =
        convolve(pass, {call.batch(), f.channels, of(widths, at), f.frames, frames, of(kernels, at), 1});
    if (at == 0 || !group_norm) f.features = tape.make(n, Part::front_end);
    f.features = tape.make(n, Part::front_end);
    f.frames = frames;
    f.channels = of(widths, at);
  }
  return f;
}

// A convolution over positions, whose weights are normed anew for each call; its result is added.
Tensor position_embeddings(const Call& call, double frames, double hidden) {
  Pass& pass = call.pass;
  const double kernel = size_of(call.config, "num_conv_pos_embeddings");
  const double groups = size_of(call.config, "num_conv_pos_embedding_groups");
  Tensor weights = pass.tape.make(hidden * hidden / groups * kernel);
  Tensor ordered = pass.tape.make(call.batch() * frames * hidden);
  Tensor positions =
      convolve(pass, {call.batch(), hidden, hidden, frames, frames + 1, kernel, groups}, Part::activations);
  positions = pass.tape.make(call.batch() * frames * hidden);
  return positions;
}

Stack speech_stack(const ModelConfig& config, std::string_view hidden, std::string_view heads,
                   std::string_view inner, std::string_view layers) {
  const double width = size_of(config, hidden);
  return {width, size_of(config, heads), width / size_of(config, heads), size_of(config, inner),
          layers_of(config, layers)};
}

void write_wav2vec2(const Call& call) {
  const ModelConfig& config = call.config;
  Pass& pass = call.pass;
  Frames f = feature_encoder(call);
  Seq2Seq m;
  m.encoder =
      speech_stack(config, "hidden_size", "num_attention_heads", "intermediate_size", "num_hidden_layers");
  m.batch = call.batch();
  m.activation = config.text("hidden_act", "gelu");
  m.norm_first = config.flag("do_stable_layer_norm");
  m.masks_input = false;
  const double rows = m.batch * f.frames;
  const double n = rows * m.encoder.hidden;
  Tensor extracted = layer_norm(pass, rows * f.channels);
  Tensor states = pass.tape.linear(rows, f.channels, m.encoder.hidden);
  f.features.release();
  {
    Tensor positions = position_embeddings(call, f.frames, m.encoder.hidden);
    states = pass.tape.make(n);
  }
  if (!m.norm_first) states = layer_norm(pass, n);
  states = encode(pass, m, std::move(states), f.frames);
  if (call.architecture.ends_with("ForCTC")) {
    pass.tape.linear(rows, m.encoder.hidden, size_of(config, "vocab_size"), Part::logits);
  }
}

void write_whisper(const Call& call) {
  const ModelConfig& config = call.config;
  Pass& pass = call.pass;
  Seq2Seq m;
  m.encoder = speech_stack(config, "d_model", "encoder_attention_heads", "encoder_ffn_dim", "encoder_layers");
  m.decoder = speech_stack(config, "d_model", "decoder_attention_heads", "decoder_ffn_dim", "decoder_layers");
  m.batch = call.batch();
  m.vocab = size_of(config, "vocab_size");
  m.activation = config.text("activation_function", "gelu");
  m.norm_first = true;
  m.masks_input = false;
  // Whatever the audio's length, it is filled up to the length that the model is for.
  const double frames = size_of(config, "max_source_positions");
  const double mels = size_of(config, "num_mel_bins");
  const double n = m.batch * frames * m.encoder.hidden;
  Tensor first = convolve(pass, {m.batch, mels, m.encoder.hidden, 2 * frames, 2 * frames, 3, 1});
  first = pass.tape.make(2 * n, Part::front_end);
  Tensor states = convolve(pass, {m.batch, m.encoder.hidden, m.encoder.hidden, 2 * frames, frames, 3, 1});
  first.release();
  Tensor embedded = pass.tape.make(n, Part::front_end);
  states = pass.tape.make(n);
  states = encode(pass, m, std::move(states), frames);
  embedded.release();
  write_decoder_part(call, m, frames);
}

void write_speecht5(const Call& call) {
  const ModelConfig& config = call.config;
  Pass& pass = call.pass;
  Seq2Seq m;
  m.encoder =
      speech_stack(config, "hidden_size", "encoder_attention_heads", "encoder_ffn_dim", "encoder_layers");
  m.decoder =
      speech_stack(config, "hidden_size", "decoder_attention_heads", "decoder_ffn_dim", "decoder_layers");
  m.batch = call.batch();
  m.vocab = size_of(config, "vocab_size");
  m.activation = config.text("hidden_act", "gelu");
  const bool hears = !call.architecture.ends_with("TextToSpeech");
  double length = call.length();
  Tensor states;
  if (hears) {
    Frames f = feature_encoder(call);
    length = f.frames;
    layer_norm(pass, m.batch * length * f.channels);
    states = pass.tape.linear(m.batch * length, f.channels, m.encoder.hidden);
    Tensor positions = position_embeddings(call, length, m.encoder.hidden);
    states = pass.tape.make(m.batch * length * m.encoder.hidden);
    states = pass.tape.make(m.batch * length * m.encoder.hidden);
  } else {
    states = pass.tape.make(m.batch * length * m.encoder.hidden);
  }
  // Positions relative to each other: for each pair of tokens an embedding of a head's width.
  Tensor relative = pass.tape.make(length * length * m.encoder.head_dim, Part::attention);
  m.eager = {.most = 4, .kept = 2, .copies = false};
  Tensor encoded = encode(pass, m, std::move(states), length);
  relative.release();
  m.eager = {.most = 2, .kept = 1, .copies = false};
  write_decoder_part(call, m, length);
}

constexpr Forward forwards[] = {
    {"wav2vec2", write_wav2vec2},  {"hubert", write_wav2vec2},   {"wavlm", write_wav2vec2},
    {"unispeech", write_wav2vec2}, {"sew", write_wav2vec2},      {"data2vec-audio", write_wav2vec2},
    {"whisper", write_whisper},    {"speecht5", write_speecht5},
};

}  // namespace

std::span<const Forward> audio_forwards() { return forwards; }

}  // namespace testloom
