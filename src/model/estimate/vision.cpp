// Vision transformers: patches as tokens (ViT and its kin), in windows (Swin), and in a pyramid (SegFormer).
#include <algorithm>
#include <cmath>
#include <vector>

#include "model/estimate/images.h"

namespace testloom {

namespace {

Tensor patch_embeddings(Pass& pass, const ModelConfig& config, const Image& image, double images,
                        double patch, double hidden, double patches) {
  Convolution c;
  c.batch = images;
  c.in_channels = static_cast<double>(config.positive("num_channels", 3));
  c.out_channels = hidden;
  c.in_places = image.height * image.width;
  c.out_places = patches;
  c.kernel = patch * patch;
  return convolve(pass, c);
}

double extra_tokens(const ModelConfig& config, VisionCode code) {
  if (code == VisionCode::siglip) return 0;
  if (config.model_type() == "deit") return 2;
  if (config.model_type() == "yolos")
    return 1 + static_cast<double>(config.natural("num_detection_tokens", 100));
  if (config.has("num_register_tokens"))
    return 1 + static_cast<double>(config.natural("num_register_tokens"));
  return 1;
}

// One layer; the queries, keys and values of ViT are views, those of CLIP are copied into order.
Tensor layer(Pass& pass, const Attend& a, VisionCode code, double inner, const std::string& activation,
             double scales, Tensor states) {
  Tape& tape = pass.tape;
  const double tokens = a.batch * a.queries;
  const double hidden = a.heads * a.head_dim;
  const double n = tokens * hidden;
  Tensor normed = layer_norm(pass, n);
  Tensor attended;
  Tensor held;  // SigLIP's attention gives its scores back
  {
    Tensor queries, keys, values;
    if (code == VisionCode::blip) {
      queries = keys = values = tape.linear(tokens, hidden, 3 * hidden);
    } else {
      queries = tape.linear(tokens, hidden, hidden);
      keys = tape.linear(tokens, hidden, hidden);
      values = tape.linear(tokens, hidden, hidden);
    }
    if (code == VisionCode::clip) {
      queries = tape.make(n);
      queries = tape.make(n), keys = tape.make(n), values = tape.make(n);
    }
    const bool separate = code == VisionCode::vit || code == VisionCode::blip;
    attended = attend(pass, a, {.most = 2, .kept = separate ? 2.0 : 1.0, .copies = code != VisionCode::clip});
    if (code == VisionCode::siglip && !pass.sdpa) held = tape.make(a.scores(), Part::attention);
    if (!separate) attended = tape.linear(tokens, hidden, hidden);
  }
  if (code == VisionCode::vit || code == VisionCode::blip) attended = tape.linear(tokens, hidden, hidden);
  if (scales > 0) attended = tape.make(n);
  normed.release();
  Tensor sum = tape.make(n);
  if (code != VisionCode::vit) {  // the same name is used for both
    states.release();
    attended.release();
  }
  normed = layer_norm(pass, n);
  Tensor fed = feed_forward(pass, tokens, hidden, inner, activation);
  if (scales > 0) fed = tape.make(n);
  return tape.make(n);
}

void write_vit(const Call& call) {
  const Image image = image_of(call, call.config);
  Encoded encoded = encode_image(call.pass, call.config, image, call.batch(), VisionCode::vit);
  call.pass.tape.brief(call.batch() * encoded.tokens * encoded.hidden);  // the last norm
}

struct Windows {
  double images;
  double height;
  double width;
  double channels;
  double heads;
  double window;
};

// One block of Swin: the map is cut into windows, every second time after a shift.
Tensor swin_block(Pass& pass, const Windows& w, double ratio, const std::string& activation, bool shifts) {
  Tape& tape = pass.tape;
  const double window = std::min({w.window, w.height, w.width});
  const double across = std::ceil(w.width / window);
  const double down = std::ceil(w.height / window);
  const double places = window * window;
  const double count = w.images * across * down;
  const double padded = count * places * w.channels;
  const double n = w.images * w.height * w.width * w.channels;
  const bool pads = padded > n;
  Tensor map = tape.make(n);
  map = tape.make(padded);
  Tensor shifted = map;
  if (shifts) {
    tape.brief(padded);
    shifted = tape.make(padded);
  }
  Tensor windows = tape.make(padded);
  Tensor context;
  {
    const Attend a = {count, w.heads, w.heads, w.channels / w.heads, places, places};
    Tensor queries = tape.linear(count * places, w.channels, w.channels);
    Tensor keys = tape.linear(count * places, w.channels, w.channels);
    Tensor values = tape.linear(count * places, w.channels, w.channels);
    context = attend(pass, a, {.most = 2, .kept = 2}, false);
  }
  context = tape.linear(count * places, w.channels, w.channels);
  Tensor back = tape.make(padded);
  Tensor unshifted = back;
  if (shifts) {
    tape.brief(padded);
    unshifted = tape.make(padded);
  }
  if (pads) unshifted = tape.make(n);
  Tensor sum = tape.make(n);
  map.release();
  Tensor normed = layer_norm(pass, n);
  Tensor wide = tape.linear(w.images * w.height * w.width, w.channels, ratio * w.channels);
  wide = activate(pass, activation, ratio * n);
  normed.release();
  Tensor fed = tape.linear(w.images * w.height * w.width, ratio * w.channels, w.channels);
  return tape.make(n);
}

void write_swin(const Call& call) {
  const ModelConfig& config = call.config;
  Pass& pass = call.pass;
  Tape& tape = pass.tape;
  const Image image = image_of(call, config);
  const double patch = size_of(config, "patch_size");
  const std::vector<int64_t> depths = config.naturals("depths");
  const std::vector<int64_t> heads = config.naturals("num_heads", depths.size());
  if (depths.size() > 16) config.refuse("depths", "a list of at most 16 stages");
  Windows w;
  w.images = call.batch();
  w.height = convolved(image.height, patch, patch, 0);
  w.width = convolved(image.width, patch, patch, 0);
  w.channels = size_of(config, "embed_dim");
  w.window = size_of(config, "window_size");
  const double ratio = config.number("mlp_ratio", 4);
  const std::string activation = config.text("hidden_act", "gelu");
  Tensor states = patch_embeddings(pass, config, image, w.images, patch, w.channels, w.height * w.width);
  {
    Tensor clone = tape.make(w.images * w.height * w.width * w.channels);
    states = layer_norm(pass, w.images * w.height * w.width * w.channels);
  }
  Tensor embedded = states;
  for (size_t stage = 0; stage < depths.size(); ++stage) {
    w.heads = std::max(1.0, static_cast<double>(heads.size() == 1 ? heads.front() : heads[stage]));
    for (int64_t block = 0; block < std::min(depths[stage], most_layers); ++block) {
      const bool shifts = block % 2 == 1 && std::min(w.height, w.width) > w.window;
      states = swin_block(pass, w, ratio, activation, shifts);
    }
    if (stage + 1 == depths.size()) break;
    w.height = std::ceil(w.height / 2);
    w.width = std::ceil(w.width / 2);
    const double merged = w.images * w.height * w.width * 4 * w.channels;
    Tensor four = tape.make(merged);
    four = layer_norm(pass, merged);
    states = tape.linear(w.images * w.height * w.width, 4 * w.channels, 2 * w.channels);
    w.channels *= 2;
  }
  layer_norm(pass, w.images * w.height * w.width * w.channels);
}

struct Stage {
  double images;
  double places;
  double hidden;
  double heads;
  double reduction;  // of height and width, for keys and values
  double ratio;
};

Tensor segformer_layer(Pass& pass, const Stage& s, const std::string& activation, Tensor states) {
  Tape& tape = pass.tape;
  const double tokens = s.images * s.places;
  const double n = tokens * s.hidden;
  Tensor normed = layer_norm(pass, n);
  Tensor context;
  {
    Tensor queries = tape.linear(tokens, s.hidden, s.hidden);
    const double kept = std::max(1.0, std::floor(s.places / (s.reduction * s.reduction)));
    Tensor reduced = normed;
    if (s.reduction > 1) {
      reduced = tape.make(n);
      Convolution c = {s.images, s.hidden, s.hidden, s.places, kept, s.reduction * s.reduction, 1};
      reduced = convolve(pass, c, Part::activations);
      reduced = tape.make(s.images * kept * s.hidden);
    }
    Tensor keys = tape.linear(s.images * kept, s.hidden, s.hidden);
    Tensor values = tape.linear(s.images * kept, s.hidden, s.hidden);
    const Attend a = {s.images, s.heads, s.heads, s.hidden / s.heads, s.places, kept};
    context = attend(pass, a, {.most = 2, .kept = 2}, false);
  }
  context = tape.linear(tokens, s.hidden, s.hidden);
  normed.release();
  Tensor sum = tape.make(n);
  states.release();
  normed = layer_norm(pass, n);
  Tensor fed;
  {
    const double inner = s.ratio * s.hidden;
    Tensor wide = tape.linear(tokens, s.hidden, inner);
    {
      Tensor ordered = tape.make(tokens * inner);
      Convolution c = {s.images, inner, inner, s.places, s.places, 9, inner};
      wide = convolve(pass, c, Part::activations);
    }
    wide = activate(pass, activation, tokens * inner);
    fed = tape.linear(tokens, inner, s.hidden);
  }
  return tape.make(n);
}

void write_segformer(const Call& call) {
  const ModelConfig& config = call.config;
  Pass& pass = call.pass;
  Tape& tape = pass.tape;
  const std::vector<int64_t> hidden = config.naturals("hidden_sizes");
  const size_t stages = hidden.size();
  if (stages == 0 || stages > 16) config.refuse("hidden_sizes", "a list of 1 to 16 stages");
  const auto list = [&](std::string_view key) {
    std::vector<int64_t> values = config.naturals(key, stages);
    if (values.size() == 1) values.assign(stages, values.front());
    return values;
  };
  const auto depths = list("depths"), heads = list("num_attention_heads"), strides = list("strides");
  const auto patches = list("patch_sizes"), reductions = list("sr_ratios"), ratios = list("mlp_ratios");
  const std::string activation = config.text("hidden_act", "gelu");
  Image size = image_of(call, config);
  double channels = static_cast<double>(config.positive("num_channels", 3));
  std::vector<Tensor> maps;
  double largest = 0;  // places of the first stage
  for (size_t at = 0; at < stages; ++at) {
    const double in_places = size.height * size.width;
    const double kernel = static_cast<double>(std::max<int64_t>(1, patches[at]));
    const double stride = static_cast<double>(std::max<int64_t>(1, strides[at]));
    size.height = convolved(size.height, kernel, stride, std::floor(kernel / 2));
    size.width = convolved(size.width, kernel, stride, std::floor(kernel / 2));
    Stage s;
    s.images = call.batch();
    s.places = size.height * size.width;
    s.hidden = std::max(1.0, static_cast<double>(hidden[at]));
    s.heads = std::max(1.0, static_cast<double>(heads[at]));
    s.reduction = std::max(1.0, static_cast<double>(reductions[at]));
    s.ratio = static_cast<double>(ratios[at]);
    Tensor states = convolve(pass, {s.images, channels, s.hidden, in_places, s.places, kernel * kernel, 1});
    states = layer_norm(pass, s.images * s.places * s.hidden);
    for (int64_t layer = 0; layer < std::min(depths[at], most_layers); ++layer) {
      states = segformer_layer(pass, s, activation, states);
    }
    states = layer_norm(pass, s.images * s.places * s.hidden);
    maps.push_back(tape.make(s.images * s.places * s.hidden));
    channels = s.hidden;
    largest = std::max(largest, s.places);
  }
  if (!call.architecture.ends_with("SemanticSegmentation")) return;
  // Every stage's map, as wide as the head and as large as the first.
  const double width = size_of(config, "decoder_hidden_size");
  const double places = call.batch() * largest;
  std::vector<Tensor> wide;
  for (size_t at = 0; at < stages; ++at) wide.push_back(tape.make(places * width));
  Tensor all = tape.make(places * width * static_cast<double>(stages));
  // The maps lie channels last, as oneDNN takes them.
  Pass plain = {tape, pass.sdpa, false, pass.torch_major};
  Tensor fused =
      convolve(plain, {call.batch(), width * static_cast<double>(stages), width, largest, largest, 1, 1},
               Part::activations);
  all.release();
  fused = tape.make(places * width);
  tape.make(places * static_cast<double>(config.labels()), Part::logits);
}

constexpr Forward forwards[] = {
    {"vit", write_vit},     {"deit", write_vit},
    {"dinov2", write_vit},  {"dinov2_with_registers", write_vit},
    {"beit", write_vit},    {"data2vec-vision", write_vit},
    {"yolos", write_vit},   {"vit_msn", write_vit},
    {"vit_mae", write_vit}, {"swin", write_swin},
    {"swinv2", write_swin}, {"segformer", write_segformer},
};

}  // namespace

std::span<const Forward> vision_forwards() { return forwards; }

Image image_of(const Call& call, const ModelConfig& config) {
  if (call.work.image_height > 0) {
    return {static_cast<double>(call.work.image_height), static_cast<double>(call.work.image_width)};
  }
  if (!config.has("image_size")) return {};
  const std::vector<int64_t> sizes = config.naturals("image_size");
  if (sizes.empty() || sizes.size() > 2) config.refuse("image_size", "a size, or a height and a width");
  const auto side = [](int64_t size) { return static_cast<double>(std::max<int64_t>(1, size)); };
  return {side(sizes.front()), side(sizes.back())};
}

Encoded encode_image(Pass& pass, const ModelConfig& config, const Image& image, double images,
                     VisionCode code) {
  Tape& tape = pass.tape;
  const double hidden = size_of(config, "hidden_size");
  const double heads = size_of(config, "num_attention_heads");
  const double patch = size_of(config, "patch_size");
  const double patches = convolved(image.height, patch, patch, 0) * convolved(image.width, patch, patch, 0);
  const double tokens = patches + extra_tokens(config, code);
  const double inner = config.has("intermediate_size") ? size_of(config, "intermediate_size")
                                                       : config.number("mlp_ratio", 4) * hidden;
  const bool scales = config.has("layerscale_value");
  Tensor embeddings = patch_embeddings(pass, config, image, images, patch, hidden, patches);
  embeddings = tape.make(images * tokens * hidden);
  embeddings = tape.make(images * tokens * hidden);
  if (code == VisionCode::clip) embeddings = layer_norm(pass, images * tokens * hidden);
  const Attend a = {images, heads, heads, hidden / heads, tokens, tokens};
  const std::string activation = config.text("hidden_act", "gelu");
  Tensor states = embeddings;
  for (int at = 0; at < layers_of(config, "num_hidden_layers"); ++at) {
    states = layer(pass, a, code, inner, activation, scales ? 1 : 0, states);
  }
  if (code != VisionCode::clip) states = layer_norm(pass, images * tokens * hidden);
  return {states, tokens, hidden};
}

}  // namespace testloom
