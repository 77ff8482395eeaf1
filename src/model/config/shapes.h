// The sizes of a model under one set of names, whatever its config calls them: what estimates of memory and
// of unknown types' parameters go by. What a config does not say is 0.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "model/config/config.h"

namespace testloom {

enum class Structure {
  encoder,
  decoder,
  encoder_decoder,  // `layers`, `heads` and `intermediate` are the encoder's
  stages,           // widths that change from stage to stage
  composed,         // of parts
};

enum class InputKind { text, image, audio };

struct Stage {
  int64_t width = 0;
  int64_t depth = 0;
  int64_t heads = 0;
};

struct Shapes {
  Structure structure = Structure::encoder;
  InputKind input = InputKind::text;

  int64_t hidden = 0;
  int64_t layers = 0;
  int64_t heads = 0;
  int64_t kv_heads = 0;
  int64_t head_dim = 0;
  int64_t intermediate = 0;
  bool gated = false;  // the feed-forward layer has a gate
  int64_t decoder_layers = 0;
  int64_t decoder_heads = 0;
  int64_t decoder_intermediate = 0;
  bool tied_words = false;  // the head has the word embeddings for weights

  int64_t vocab = 0;
  int64_t max_positions = 0;
  int64_t sliding_window = 0;  // tokens that a layer looks back; 0: all

  int64_t experts = 0;  // in a layer
  int64_t experts_used = 0;
  int64_t expert_intermediate = 0;

  int64_t image_height = 0, image_width = 0;
  int64_t patch_height = 0, patch_width = 0;
  int64_t channels = 0;
  std::vector<Stage> stages;

  int64_t mel_bins = 0;
  std::vector<int64_t> convolution_widths;   // over the waveform
  std::vector<int64_t> convolution_kernels;  // as long as the widths, or empty
  std::vector<int64_t> convolution_strides;

  // Of composed models, and of others that have such parts; null where there is none.
  std::shared_ptr<const Shapes> text, vision, audio;
};

// Throws an Error (spec) for values that are no sizes, naming their key.
Shapes shapes_of(const ModelConfig& config);

}  // namespace testloom
