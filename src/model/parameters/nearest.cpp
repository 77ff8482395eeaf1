// An estimate for types without a formula: by the sizes that their configs say, as if they were built the way
// most models with such sizes are.
#include <fmt/format.h>

#include "base/text.h"
#include "model/config/shapes.h"
#include "model/parameters/decoder_blocks.h"
#include "model/parameters/formulas.h"

namespace testloom {

namespace {

Quantity feed_forward(const Shapes& shapes, Quantity intermediate) {
  return shapes.gated ? gated_feed_forward(shapes.hidden, intermediate)
                      : plain_feed_forward(shapes.hidden, intermediate);
}

Quantity attention(const Shapes& shapes) {
  const Quantity hidden = shapes.hidden;
  const Quantity queries = Quantity(shapes.heads) * shapes.head_dim,
                 keys = Quantity(shapes.kv_heads) * shapes.head_dim;
  return linear(hidden, queries, !shapes.gated) + 2 * linear(hidden, keys, !shapes.gated) +
         linear(queries, hidden, !shapes.gated);
}

void add_layers(const Shapes& shapes, Tally& tally) {
  const Quantity hidden = shapes.hidden;
  tally.add("layers.attention", attention(shapes) + norm(hidden), shapes.layers);
  if (shapes.experts > 0) {
    tally.add("layers.router", linear(hidden, shapes.experts, false), shapes.layers);
    tally.add("layers.experts",
              Quantity(shapes.experts) * gated_feed_forward(hidden, shapes.expert_intermediate),
              shapes.layers);
  } else {
    tally.add("layers.feed_forward", feed_forward(shapes, shapes.intermediate) + norm(hidden), shapes.layers);
  }
}

void add_front(const Shapes& shapes, Tally& tally) {
  const Quantity hidden = shapes.hidden;
  tally.add_embedding("embeddings.words", embedding(shapes.vocab, hidden));
  if (shapes.input == InputKind::text && shapes.structure == Structure::encoder && !shapes.gated) {
    tally.add_embedding("embeddings.positions", embedding(shapes.max_positions, hidden));
  }
  if (shapes.input == InputKind::image && shapes.patch_height > 0 && shapes.patch_width > 0) {
    const Quantity points = Quantity(shapes.patch_height) * shapes.patch_width;
    const Quantity patches =
        Quantity(shapes.image_height / shapes.patch_height) * (shapes.image_width / shapes.patch_width);
    tally.add("embeddings.patches", convolution(shapes.channels, hidden, points));
    tally.add("embeddings.positions", patches * hidden);
  }
  if (shapes.input == InputKind::audio && shapes.mel_bins > 0) {
    tally.add("front", convolution(shapes.mel_bins, hidden, 3) + convolution(hidden, hidden, 3));
  }
  Quantity before = 1;
  for (size_t at = 0; at < shapes.convolution_widths.size(); ++at) {
    const int64_t kernel = at < shapes.convolution_kernels.size() ? shapes.convolution_kernels[at] : 3;
    tally.add("front", convolution(before, shapes.convolution_widths[at], kernel));
    before = shapes.convolution_widths[at];
  }
}

void add_decoder(const Shapes& shapes, Tally& tally) {
  Shapes decoder = shapes;
  decoder.layers = shapes.decoder_layers;
  decoder.heads = decoder.kv_heads = shapes.decoder_heads;
  decoder.head_dim = shapes.decoder_heads == 0 ? 0 : shapes.hidden / shapes.decoder_heads;
  decoder.intermediate = shapes.decoder_intermediate;
  Tally::Part part(tally, "decoder");
  add_layers(decoder, tally);
  tally.add("layers.cross_attention", attention(decoder) + norm(decoder.hidden), decoder.layers);
}

void add_stages(const Shapes& shapes, Tally& tally) {
  Quantity before = shapes.channels;
  for (const Stage& stage : shapes.stages) {
    const Quantity width = stage.width;
    tally.add("stages.entry", convolution(before, width, 9));
    tally.add("stages.blocks",
              (stage.heads > 0 ? 4 * linear(width, width) : convolution(1, width, 49)) +
                  plain_feed_forward(width, 4 * width),
              stage.depth);
    before = width;
  }
}

// What a part is, by its own formula where it has one.
void add_parts(const ModelConfig& config, Tally& tally) {
  for (const auto& [key, part] : config.parts()) {
    Tally::Part named(tally, key);
    count_part(part, tally);
  }
}

void add_by_sizes(const ModelConfig& config, std::string_view head, Tally& tally) {
  const Shapes shapes = shapes_of(config);
  const bool predicts_words =
      head.ends_with("LM") || head.ends_with("LMHeadModel") || head.ends_with("ForConditionalGeneration");
  if (shapes.structure == Structure::composed) {
    add_parts(config, tally);
    const int64_t width = shapes.text ? shapes.text->hidden : 0;
    const int64_t seen = shapes.vision ? shapes.vision->hidden : shapes.audio ? shapes.audio->hidden : 0;
    tally.add("projector", linear(seen, width) + linear(width, width));
    const bool tied = shapes.tied_words || (shapes.text && shapes.text->tied_words);
    if (predicts_words && shapes.text && !tied) tally.add("head", linear(width, shapes.text->vocab, false));
    return;
  }
  add_parts(config, tally);
  if (shapes.structure == Structure::stages) {
    add_stages(shapes, tally);
    return;
  }
  add_front(shapes, tally);
  add_layers(shapes, tally);
  if (shapes.structure == Structure::encoder_decoder) add_decoder(shapes, tally);
  if (predicts_words && !shapes.tied_words) tally.add("head", linear(shapes.hidden, shapes.vocab, false));
  if (head.ends_with("Classification")) tally.add("head", linear(shapes.hidden, config.labels()));
}

bool nearest(const ModelConfig& config, std::string_view head, Tally& tally) {
  tally.inexact();
  const Quantity before = tally.total();
  add_by_sizes(config, head, tally);
  if (tally.total().value() == before.value()) {
    throw Error(
        ErrorKind::spec,
        fmt::format("{} is a model type without a formula, and its config says no sizes to estimate by",
                    quote(config.model_type(), 60)));
  }
  return true;
}

constexpr TypeFormula kNearest = {"its sizes", "", nearest};

}  // namespace

const TypeFormula& nearest_formula() { return kNearest; }

}  // namespace testloom
