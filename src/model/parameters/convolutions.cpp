// Convolutional vision models, and what stands on them: ResNet, ConvNeXt, DETR.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "model/parameters/decoder_blocks.h"
#include "model/parameters/formulas.h"
#include "model/parameters/patches.h"

namespace testloom {

namespace {

// A ResNet by its stages. Norms are left out where a detector freezes them: they are buffers then.
struct Residual {
  Quantity channels;
  Quantity stem;
  bool bottleneck = true;
  bool strided_first = false;  // the first stage halves the picture too
  bool norms = true;
  std::vector<int64_t> widths;
  std::vector<int64_t> depths;
};

Quantity convolution_and_norm(const Residual& net, Quantity in, Quantity out, int kernel) {
  return convolution(in, out, kernel, false) + (net.norms ? norm(out) : Quantity(0));
}

Quantity residual_block(const Residual& net, Quantity in, int64_t width, bool strided) {
  const Quantity out = width;
  Quantity block = in.value() != width || strided ? convolution_and_norm(net, in, out, 1) : Quantity(0);
  if (!net.bottleneck)
    return block + convolution_and_norm(net, in, out, 9) + convolution_and_norm(net, out, out, 9);
  const Quantity narrow = width / 4;
  return block + convolution_and_norm(net, in, narrow, 1) + convolution_and_norm(net, narrow, narrow, 9) +
         convolution_and_norm(net, narrow, out, 1);
}

void add_residual(const Residual& net, Tally& tally) {
  tally.add("stem", convolution_and_norm(net, net.channels, net.stem, 49));
  Quantity before = net.stem;
  for (size_t stage = 0; stage < net.widths.size(); ++stage) {
    const int64_t width = net.widths[stage];
    Tally::Part part(tally, fmt::format("stages.{}", stage));
    tally.add("first", residual_block(net, before, width, stage > 0 || net.strided_first));
    tally.add("blocks", residual_block(net, width, width, false),
              std::max<int64_t>(net.depths[stage] - 1, 0));
    before = width;
  }
}

Residual resnet_of(const ModelConfig& config) {
  Residual net;
  net.channels = config.positive("num_channels");
  net.stem = config.positive("embedding_size");
  const std::string type = config.text("layer_type");
  if (type != "bottleneck" && type != "basic")
    config.refuse("layer_type", "\"basic\" or \"bottleneck\" is needed");
  net.bottleneck = type == "bottleneck";
  net.strided_first = config.flag("downsample_in_first_stage");
  net.widths = config.naturals("hidden_sizes");
  net.depths = config.naturals("depths");
  if (net.widths.empty()) config.refuse("hidden_sizes", "a width for each stage is needed");
  if (net.depths.empty()) config.refuse("depths", "a number for each stage is needed");
  net.widths.resize(std::min(net.widths.size(), net.depths.size()));
  return net;
}

bool resnet(const ModelConfig& config, std::string_view head, Tally& tally) {
  add_residual(resnet_of(config), tally);
  if (head == "ForImageClassification") {
    tally.add("head", linear(config.naturals("hidden_sizes").back(), config.labels()));
    return true;
  }
  return head == "Model" || head == "Backbone";
}

bool convnext(const ModelConfig& config, std::string_view head, Tally& tally) {
  const size_t stages = static_cast<size_t>(config.positive("num_stages"));
  const std::vector<int64_t> widths = per_stage(config, "hidden_sizes", stages);
  const std::vector<int64_t> depths = per_stage(config, "depths", stages);
  const bool layer_scale = config.number("layer_scale_init_value") > 0;
  const Quantity first = widths.front();
  tally.add("stem",
            convolution(config.positive("num_channels"), first, extent_of(config, "patch_size").points()) +
                norm(first));
  for (size_t stage = 0; stage < stages; ++stage) {
    const Quantity width = widths[stage];
    Tally::Part part(tally, fmt::format("stages.{}", stage));
    if (stage > 0) {
      const Quantity before = widths[stage - 1];
      tally.add("downsampling", norm(before) + convolution(before, width, 4));
    }
    tally.add("blocks",
              convolution(1, width, 49) + norm(width) + plain_feed_forward(width, 4 * width) +
                  (layer_scale ? width : Quantity(0)),
              depths[stage]);
  }
  if (head == "Backbone") {
    for (const size_t stage : handed_out(config, stages)) {
      tally.add("stage_norms", norm(widths[stage == 0 ? 0 : stage - 1]));
    }
    return true;
  }
  const Quantity last = config.naturals("hidden_sizes").back();
  tally.add("norm", norm(last));
  if (head == "ForImageClassification") tally.add("head", linear(last, config.labels()));
  return head == "ForImageClassification" || head == "Model";
}

struct NamedResidual {
  std::string_view name;
  bool bottleneck;
  int depths[4];
};

// The ResNets that go by a name, in timm.
constexpr NamedResidual kNamed[] = {
    {"resnet18", false, {2, 2, 2, 2}},  {"resnet34", false, {3, 4, 6, 3}},  {"resnet50", true, {3, 4, 6, 3}},
    {"resnet101", true, {3, 4, 23, 3}}, {"resnet152", true, {3, 8, 36, 3}},
};

// The backbone of a DETR: a ResNet of timm by its name, which is what older configs say, or one of
// transformers.
Residual detr_backbone(const ModelConfig& config, Tally& tally) {
  const ModelConfig& part = config.part("backbone_config");
  const bool timm = part.model_type() == "timm_backbone";
  const bool by_name =
      timm || (!config.part_is_given("backbone_config") && config.flag("use_timm_backbone", true));
  Residual net;
  if (by_name) {
    const std::string name = timm ? part.text("backbone", "resnet50") : config.text("backbone", "resnet50");
    const auto* named = std::find_if(std::begin(kNamed), std::end(kNamed), [&](const NamedResidual& row) {
      return name == row.name || name.starts_with(std::string(row.name) + ".");
    });
    if (named == std::end(kNamed)) {
      tally.inexact();
      named = &kNamed[2];
    }
    net.channels = timm ? part.positive("num_channels", 3) : config.positive("num_channels");
    net.stem = 64;
    net.bottleneck = named->bottleneck;
    net.depths.assign(std::begin(named->depths), std::end(named->depths));
    for (int64_t width = net.bottleneck ? 256 : 64; net.widths.size() < 4; width *= 2)
      net.widths.push_back(width);
  } else if (part.model_type() == "resnet") {
    net = resnet_of(part);
  } else {
    throw Error(ErrorKind::spec, fmt::format("{} has the model_type {}; only ResNets are known here",
                                             config.place("backbone_config"), quote(part.model_type(), 60)));
  }
  net.norms = false;
  return net;
}

// The head that draws masks from what the backbone's stages gave.
void add_mask_head(const ModelConfig& config, const Residual& backbone, Tally& tally) {
  const int64_t width = config.positive("d_model");
  const Quantity heads = config.positive("encoder_attention_heads");
  const auto block = [](Quantity in, Quantity out) { return convolution(in, out, 9) + norm(out); };
  const Quantity first = width + heads;
  tally.add("masks.blocks", block(first, first) + block(first, width / 2));
  const std::vector<int64_t>& stages = backbone.widths;
  for (size_t step = 0; step < 3 && step + 1 < stages.size(); ++step) {
    const int64_t now = width >> (step + 1);
    tally.add("masks.stages", convolution(stages[stages.size() - 2 - step], now, 1) + block(now, now / 2));
  }
  tally.add("masks.output", convolution(width / 16, 1, 9));
  tally.add("masks.attention", 2 * linear(width, width));
}

bool detr(const ModelConfig& config, std::string_view head, Tally& tally) {
  const Quantity width = split_width(config, "d_model", "encoder_attention_heads");
  split_width(config, "d_model", "decoder_attention_heads");
  const Residual backbone = detr_backbone(config, tally);
  {
    Tally::Part part(tally, "backbone");
    add_residual(backbone, tally);
  }
  const Quantity encoder_layers = config.natural("encoder_layers"),
                 decoder_layers = config.natural("decoder_layers");
  const Quantity attention = 4 * linear(width, width) + norm(width);
  if (config.text_is("position_embedding_type", "learned")) {
    tally.add_embedding("positions", 2 * embedding(50, config.positive("d_model") / 2));
  }
  tally.add_embedding("queries", embedding(config.natural("num_queries"), width));
  tally.add("projection", convolution(backbone.widths.back(), width, 1));
  tally.add("encoder.layers.attention", attention, encoder_layers);
  tally.add("encoder.layers.feed_forward",
            plain_feed_forward(width, config.positive("encoder_ffn_dim")) + norm(width), encoder_layers);
  tally.add("decoder.layers.attention", attention, decoder_layers);
  tally.add("decoder.layers.cross_attention", attention, decoder_layers);
  tally.add("decoder.layers.feed_forward",
            plain_feed_forward(width, config.positive("decoder_ffn_dim")) + norm(width), decoder_layers);
  tally.add("decoder.norm", norm(width));
  if (head == "ForSegmentation") add_mask_head(config, backbone, tally);
  if (head == "ForObjectDetection" || head == "ForSegmentation") {
    tally.add("head.labels", linear(width, Quantity(config.labels()) + 1));
    tally.add("head.boxes", 2 * linear(width, width) + linear(width, 4));
    return true;
  }
  return head == "Model";
}

constexpr TypeFormula kFormulas[] = {
    {"convnext", "ConvNext", convnext},
    {"detr", "Detr", detr},
    {"resnet", "ResNet", resnet},
};

}  // namespace

std::span<const TypeFormula> convolution_formulas() { return kFormulas; }

}  // namespace testloom
