// Networks of convolutions: ResNet and ConvNeXt, and DETR, which puts a transformer over one.
#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "model/estimate/images.h"
#include "model/estimate/seq2seq.h"

namespace testloom {

namespace {

struct Map {
  Tensor tensor;
  double images;
  double channels;
  Image size;

  double places() const { return size.height * size.width; }
  double elements() const { return images * channels * places(); }
};

struct Kernel {
  double channels;  // that come out
  double side = 1;
  double stride = 1;
  double groups = 1;
};

// A convolution, its norm and, where there is one, an activation. A frozen norm multiplies and adds.
Map convolve_norm(Pass& pass, const Map& in, const Kernel& k, bool active, bool frozen) {
  Map out{{}, in.images, k.channels, {}};
  const double padding = std::floor(k.side / 2);
  out.size = {convolved(in.size.height, k.side, k.stride, padding),
              convolved(in.size.width, k.side, k.stride, padding)};
  out.tensor = convolve(
      pass, {in.images, in.channels, k.channels, in.places(), out.places(), k.side * k.side, k.groups});
  if (frozen) {
    Tensor scaled = pass.tape.make(out.elements(), Part::front_end);
    out.tensor = pass.tape.make(out.elements(), Part::front_end);
  } else {
    out.tensor = pass.tape.make(out.elements(), Part::front_end);
  }
  if (active) out.tensor = pass.tape.make(out.elements(), Part::front_end);
  return out;
}

Map resnet_layer(Pass& pass, const Map& in, double channels, double stride, bool bottleneck, double reduction,
                 bool stride_first, bool frozen) {
  Map map = in;
  if (bottleneck) {
    const double narrow = std::max(1.0, std::floor(channels / reduction));
    map = convolve_norm(pass, map, {narrow, 1, stride_first ? stride : 1}, true, frozen);
    map = convolve_norm(pass, map, {narrow, 3, stride_first ? 1 : stride}, true, frozen);
    map = convolve_norm(pass, map, {channels}, false, frozen);
  } else {
    map = convolve_norm(pass, map, {channels, 3, stride}, true, frozen);
    map = convolve_norm(pass, map, {channels, 3}, false, frozen);
  }
  Map shortcut = in;
  if (in.channels != channels || stride > 1) {
    shortcut = convolve_norm(pass, in, {channels, 1, stride}, false, frozen);
  }
  map.tensor = pass.tape.make(map.elements(), Part::front_end);
  return map;
}

void write_resnet(const Call& call) {
  encode_resnet(call.pass, call.config, image_of(call, call.config), call.batch(), false);
}

void write_convnext(const Call& call) {
  const ModelConfig& config = call.config;
  Pass& pass = call.pass;
  Tape& tape = pass.tape;
  const std::vector<int64_t> hidden = config.naturals("hidden_sizes");
  const std::vector<int64_t> depths = config.naturals("depths");
  if (hidden.empty() || hidden.size() > 16 || depths.size() != hidden.size()) {
    config.refuse("hidden_sizes", "a list of 1 to 16 stages, as long as that of depths");
  }
  const std::string activation = config.text("hidden_act", "gelu");
  Map map{{}, call.batch(), static_cast<double>(config.positive("num_channels", 3)), image_of(call, config)};
  const auto reduce = [&](double channels, double side, bool norm_first) {
    Map out{{}, map.images, channels, {}};
    out.size = {convolved(map.size.height, side, side, 0), convolved(map.size.width, side, side, 0)};
    // The norm over channels that lie first is made of torch's operators.
    const auto norm = [&](double n) {
      Tensor centred = tape.make(n, Part::front_end);
      Tensor scaled = tape.make(n, Part::front_end);
      centred = tape.make(n, Part::front_end);
      return tape.make(n, Part::front_end);
    };
    if (norm_first) map.tensor = norm(map.elements());
    out.tensor =
        convolve(pass, {map.images, map.channels, channels, map.places(), out.places(), side * side, 1});
    if (!norm_first) out.tensor = norm(out.elements());
    map = out;
  };
  for (size_t stage = 0; stage < hidden.size(); ++stage) {
    const double channels = std::max(1.0, static_cast<double>(hidden[stage]));
    reduce(channels, stage == 0 ? size_of(config, "patch_size") : 2, stage > 0);
    const double n = map.elements();
    const double rows = map.images * map.places();
    const Tensor entered = map.tensor;  // stays until the stage is left
    for (int64_t layer = 0; layer < std::min(depths[stage], most_layers); ++layer) {
      Tensor x = convolve(pass, {map.images, channels, channels, map.places(), map.places(), 49, channels});
      {
        Tensor ordered = tape.make(n);
        x = layer_norm(pass, n);
      }
      x = tape.linear(rows, channels, 4 * channels);
      x = activate(pass, activation, 4 * n);
      x = tape.linear(rows, 4 * channels, channels);
      x = tape.make(n);
      map.tensor = tape.make(n, Part::front_end);
    }
  }
}

void write_detr(const Call& call) {
  const ModelConfig& config = call.config;
  Pass& pass = call.pass;
  Tape& tape = pass.tape;
  Image image = image_of(call, config);
  if (call.work.image_height == 0) image = {800, 1066};
  const ModelConfig* given = config.find_part("backbone_config");
  const ModelConfig backbone = given ? *given : ModelConfig::of_type("resnet");
  FeatureMap features = encode_resnet(pass, backbone, image, call.batch(), true);
  Seq2Seq m = bart_stacks(call);
  const double hidden = m.encoder.hidden;
  m.activation = config.text("activation_function", "relu");
  const double places = features.size.height * features.size.width;
  Tensor projected = convolve(pass, {m.batch, features.channels, hidden, places, places, 1, 1});
  Tensor positions = tape.make(m.batch * places * hidden);
  Tensor encoded = encode(pass, m, std::move(projected), places);
  const double queries = size_of(config, "num_queries");
  Seq2SeqCache cache;
  decode(pass, m, queries, 0, places, cache);
  tape.make(m.batch * queries * static_cast<double>(config.labels() + 1), Part::logits);
}

constexpr Forward forwards[] = {{"resnet", write_resnet},          {"convnext", write_convnext},
                                {"convnextv2", write_convnext},    {"detr", write_detr},
                                {"table-transformer", write_detr}, {"conditional_detr", write_detr}};

}  // namespace

std::span<const Forward> convolution_forwards() { return forwards; }

FeatureMap encode_resnet(Pass& pass, const ModelConfig& config, const Image& image, double images,
                         bool frozen) {
  Tape& tape = pass.tape;
  const std::vector<int64_t> hidden = config.naturals("hidden_sizes");
  const std::vector<int64_t> depths = config.naturals("depths");
  if (hidden.empty() || hidden.size() > 16 || depths.size() != hidden.size()) {
    config.refuse("hidden_sizes", "a list of 1 to 16 stages, as long as that of depths");
  }
  const bool bottleneck = config.text("layer_type", "bottleneck") == "bottleneck";
  Map map{{}, images, static_cast<double>(config.positive("num_channels", 3)), image};
  map = convolve_norm(pass, map, {size_of(config, "embedding_size"), 7, 2}, true, frozen);
  {
    // The pooling keeps where each maximum was, in 8 bytes.
    map.size = {convolved(map.size.height, 3, 2, 1), convolved(map.size.width, 3, 2, 1)};
    Tensor pooled = tape.make(map.elements(), Part::front_end);
    Tensor indices = tape.make_bytes(map.elements() * 8, Part::front_end);
    map.tensor = pooled;
  }
  for (size_t stage = 0; stage < hidden.size(); ++stage) {
    const double channels = std::max(1.0, static_cast<double>(hidden[stage]));
    const Tensor entered = map.tensor;  // stays until the stage is left
    const bool halves = stage > 0 || config.flag("downsample_in_first_stage");
    for (int64_t layer = 0; layer < std::min(depths[stage], most_layers); ++layer) {
      map = resnet_layer(pass, map, channels, layer == 0 && halves ? 2 : 1, bottleneck, 4,
                         config.flag("downsample_in_bottleneck"), frozen);
    }
  }
  return {map.tensor, map.channels, map.size};
}

}  // namespace testloom
