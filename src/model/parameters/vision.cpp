// Vision transformers: ViT and its kin, Swin, SegFormer.
#include <cmath>

#include "model/parameters/decoder_blocks.h"
#include "model/parameters/formulas.h"
#include "model/parameters/patches.h"

namespace testloom {

namespace {

Quantity patch_projection(const ModelConfig& config, Quantity width) {
  return convolution(config.positive("num_channels"), width, extent_of(config, "patch_size").points());
}

// The width of all heads together, which need not be the model's.
Quantity all_heads(const ModelConfig& config) {
  const int64_t heads = config.positive("num_attention_heads");
  return Quantity(heads) * config.natural("head_dim", config.positive("hidden_size") / heads);
}

Quantity vit_attention(const ModelConfig& config, Quantity width) {
  const Quantity inner = all_heads(config);
  return 3 * linear(width, inner, config.flag("qkv_bias")) + linear(inner, width);
}

// The picture is made again from what the encoder gives, encoder_stride × encoder_stride points at once.
Quantity picture_decoder(const ModelConfig& config, Quantity width) {
  const Quantity stride = config.positive("encoder_stride");
  return convolution(width, stride * stride * config.positive("num_channels"), 1);
}

// `tokens`: how many tokens of its own the model puts before the patches.
bool vit_like(const ModelConfig& config, std::string_view head, Tally& tally, int tokens) {
  const Quantity width = config.positive("hidden_size");
  const Quantity layers = config.natural("num_hidden_layers");
  tally.add("embeddings.tokens", width, tokens);
  tally.add("embeddings.positions", width * (patches_of(config) + tokens));
  tally.add("embeddings.patches", patch_projection(config, width));
  tally.add("layers.attention", vit_attention(config, width) + norm(width), layers);
  tally.add("layers.feed_forward",
            plain_feed_forward(width, config.positive("intermediate_size")) + norm(width), layers);
  tally.add("norm", norm(width));
  if (head == "ForImageClassification") {
    tally.add("head", linear(width, config.labels()));
  } else if (head == "ForImageClassificationWithTeacher") {
    tally.add("head", linear(width, config.labels()), 2);
  } else if (head == "ForMaskedImageModeling") {
    tally.add("embeddings.mask", width);
    tally.add("head", picture_decoder(config, width));
  } else {
    const int64_t pooled = config.natural("pooler_output_size", 0);
    tally.add("pooler", linear(width, pooled == 0 ? width : Quantity(pooled)));
    return head == "Model";
  }
  return true;
}

bool vit(const ModelConfig& config, std::string_view head, Tally& tally) {
  return vit_like(config, head, tally, 1) && head != "ForImageClassificationWithTeacher";
}

bool deit(const ModelConfig& config, std::string_view head, Tally& tally) {
  return vit_like(config, head, tally, 2);
}

bool dinov2(const ModelConfig& config, std::string_view head, Tally& tally) {
  const Quantity width = config.positive("hidden_size");
  const Quantity layers = config.natural("num_hidden_layers");
  Quantity inner = scaled(config, "mlp_ratio", width);
  tally.add("embeddings.tokens", width, config.flag("use_mask_token") ? 2 : 1);
  tally.add("embeddings.positions", width * (patches_of(config) + 1));
  tally.add("embeddings.patches", patch_projection(config, width));
  tally.add("layers.attention", vit_attention(config, width) + norm(width) + width, layers);
  if (config.flag("use_swiglu_ffn")) {  // two thirds of the width, rounded up to a multiple of 8
    inner = (inner.value() * 2 / 3 + 7) / 8 * 8;
    tally.add("layers.feed_forward", gated_feed_forward(width, inner, true) + norm(width) + width, layers);
  } else {
    tally.add("layers.feed_forward", plain_feed_forward(width, inner) + norm(width) + width, layers);
  }
  tally.add("norm", norm(width));
  if (head == "ForImageClassification") tally.add("head", linear(2 * width, config.labels()));
  return head == "ForImageClassification" || head == "Model" || head == "Backbone";
}

// Each stage has twice the width of the one before, and merges four patches into one.
bool swin(const ModelConfig& config, std::string_view head, Tally& tally) {
  const Quantity first_width = config.positive("embed_dim");
  const std::vector<int64_t> depths = config.naturals("depths");
  const std::vector<int64_t> heads = per_stage(config, "num_heads", depths.size());
  const Quantity span = 2 * Quantity(config.positive("window_size"));
  const Quantity biases = Quantity(span.value() - 1) * (span.value() - 1);  // of pairs of places in a window
  tally.add("embeddings.patches", patch_projection(config, first_width) + norm(first_width));
  if (config.flag("use_absolute_embeddings"))
    tally.add("embeddings.positions", first_width * patches_of(config));
  std::vector<Quantity> widths = {first_width};
  for (size_t stage = 0; stage < depths.size(); ++stage) {
    const Quantity width = stage == 0 ? first_width : 2 * widths.back();
    widths.push_back(width);
    Tally::Part part(tally, "stages." + std::to_string(stage));
    tally.add("attention",
              3 * linear(width, width, config.flag("qkv_bias")) + linear(width, width) +
                  biases * heads[stage] + norm(width),
              depths[stage]);
    tally.add("feed_forward", plain_feed_forward(width, scaled(config, "mlp_ratio", width)) + norm(width),
              depths[stage]);
    if (stage + 1 < depths.size())
      tally.add("merging", linear(4 * width, 2 * width, false) + norm(4 * width));
  }
  const Quantity width = widths.back();
  tally.add("norm", norm(width));
  if (head == "ForImageClassification") {
    tally.add("head", linear(width, config.labels()));
  } else if (head == "ForMaskedImageModeling") {
    tally.add("embeddings.mask", first_width);
    tally.add("head", picture_decoder(config, width));
  } else if (head == "Backbone") {
    for (const size_t stage : handed_out(config, depths.size()))
      tally.add("stage_norms", norm(widths[stage]));
  } else {
    return head == "Model";
  }
  return true;
}

bool segformer(const ModelConfig& config, std::string_view head, Tally& tally) {
  const size_t stages = static_cast<size_t>(config.positive("num_encoder_blocks"));
  const std::vector<int64_t> depths = per_stage(config, "depths", stages);
  const std::vector<int64_t> widths = per_stage(config, "hidden_sizes", stages);
  const std::vector<int64_t> heads = per_stage(config, "num_attention_heads", stages);
  const std::vector<int64_t> kernels = per_stage(config, "patch_sizes", stages);
  const std::vector<int64_t> reductions = per_stage(config, "sr_ratios", stages);
  const std::vector<double> ratios = config.numbers("mlp_ratios");
  if (ratios.size() < stages) config.refuse("mlp_ratios", "a number for each stage is needed");
  Quantity before = config.positive("num_channels");
  for (size_t stage = 0; stage < stages; ++stage) {
    const Quantity width = widths[stage];
    if (heads[stage] == 0) config.refuse("num_attention_heads", "whole numbers of at least 1 are needed");
    const Quantity inner_heads = heads[stage] * (widths[stage] / heads[stage]);
    const double inner_size = ratios[stage] * static_cast<double>(widths[stage]);
    if (!(inner_size >= 0 && inner_size <= static_cast<double>(Quantity::limit))) {
      config.refuse("mlp_ratios", "smaller numbers are needed, from 0 on");
    }
    const Quantity inner = static_cast<int64_t>(inner_size);
    Tally::Part part(tally, "stages." + std::to_string(stage));
    tally.add("patches", convolution(before, width, Quantity(kernels[stage]) * kernels[stage]) + norm(width));
    Quantity attention = 3 * linear(width, inner_heads) + linear(inner_heads, width) + norm(width);
    if (reductions[stage] > 1) {
      attention += convolution(width, width, Quantity(reductions[stage]) * reductions[stage]) + norm(width);
    }
    tally.add("attention", attention, depths[stage]);
    tally.add("feed_forward", plain_feed_forward(width, inner) + convolution(1, inner, 9) + norm(width),
              depths[stage]);
    tally.add("norm", norm(width));
    before = width;
  }
  if (head == "ForImageClassification") {
    tally.add("head", linear(config.naturals("hidden_sizes").back(), config.labels()));
  } else if (head == "ForSemanticSegmentation") {
    const Quantity fused = config.positive("decoder_hidden_size");
    for (const int64_t width : widths) tally.add("head.projections", linear(width, fused));
    tally.add("head.fusion",
              convolution(fused * static_cast<int64_t>(stages), fused, 1, false) + norm(fused));
    tally.add("head", convolution(fused, config.labels(), 1));
  } else {
    return head == "Model";
  }
  return true;
}

constexpr TypeFormula kFormulas[] = {
    {"deit", "DeiT", deit}, {"dinov2", "Dinov2", dinov2}, {"segformer", "Segformer", segformer},
    {"swin", "Swin", swin}, {"vit", "ViT", vit},
};

}  // namespace

std::span<const TypeFormula> vision_formulas() { return kFormulas; }

}  // namespace testloom
