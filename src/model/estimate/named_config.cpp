#include "model/estimate/named_config.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>
#include <boost/json/object.hpp>

#include "model/estimate/named_scale.h"
#include "model/estimate/named_shapes.h"
#include "model/estimate/named_size.h"

namespace testloom {

namespace {

// What a key holds.
struct Named {
  uint16_t line = 0;
  std::optional<uint16_t> shape;
  bool said = false;    // the size stands in the name
  bool scaled = false;  // from the shape to the size
  int experts = 0;      // each of the size
  double size = 0;      // 0 for none
};

// Three digits and an exponent, as one number of 15 bits.
uint64_t rounded(double size) {
  if (!(size >= 1)) return 0;
  auto exponent = static_cast<int>(std::floor(std::log10(size))) - 2;
  auto digits = std::llround(size / std::pow(10, exponent));
  if (digits == 1000) {
    digits = 100;
    ++exponent;
  }
  return static_cast<uint64_t>(exponent + 2) * 1000 + static_cast<uint64_t>(digits);
}

double size_of(uint64_t code) {
  return code == 0 ? 0 : static_cast<double>(code % 1000) * std::pow(10, static_cast<int>(code / 1000) - 2);
}

constexpr int size_bits = 16, line_bits = 12, shape_bits = 8, expert_bits = 10;

uint64_t key_of(const Named& named) {
  uint64_t key = rounded(named.size);
  const auto push = [&](uint64_t value, int bits) { key = key << bits | value; };
  push(named.line + 1u, line_bits);
  push(named.shape ? *named.shape + 1u : 0u, shape_bits);
  push(static_cast<uint64_t>(named.experts), expert_bits);
  push(named.said, 1);
  push(named.scaled, 1);
  return key;
}

Named named_of(uint64_t key) {
  Named named;
  const auto pop = [&](int bits) {
    const uint64_t value = key & ((uint64_t{1} << bits) - 1);
    key >>= bits;
    return value;
  };
  named.scaled = pop(1) != 0;
  named.said = pop(1) != 0;
  named.experts = static_cast<int>(pop(expert_bits));
  const uint64_t shape = pop(shape_bits);
  if (shape > 0) named.shape = static_cast<uint16_t>(shape - 1);
  named.line = static_cast<uint16_t>(pop(line_bits) - 1);
  named.size = size_of(key & ((1u << size_bits) - 1));
  return named;
}

// What is asked of lines for every name.
struct Lines {
  std::vector<bool> scale;
  uint16_t llama, mistral, bert, vit, whisper, wav2vec2, llava, clip;

  Lines() {
    const NamedShapes& shapes = named_shapes();
    for (uint16_t line = 0; line < shapes.lines().size(); ++line) {
      scale.push_back(can_scale(ModelConfig::read(shapes.config(line, std::nullopt))));
    }
    const auto line = [&](std::string_view name) { return shapes.find_line(name).value(); };
    llama = line("llama"), mistral = line("mistral"), bert = line("bert"), vit = line("vit");
    whisper = line("whisper"), wav2vec2 = line("wav2vec2"), llava = line("llava"), clip = line("clip");
  }
};

const Lines& lines() {
  static const Lines known;
  return known;
}

// Models that see, below this size, are pairs of encoders.
constexpr double least_that_writes = 1e9;

// What models of a family mostly are. Of a name that says no family, what says a size mostly writes text.
std::optional<uint16_t> usual_line(std::string_view family, std::string_view task, double size) {
  if (family == "text_generation" || family.empty() || family == "unknown") return lines().llama;
  if (family == "text_embedding") return lines().bert;
  if (family == "vision") return lines().vit;
  if (family == "audio") {
    return task == "automatic-speech-recognition" ? lines().whisper : lines().wav2vec2;
  }
  if (family == "multimodal") return size >= least_that_writes ? lines().llava : lines().clip;
  return std::nullopt;
}

// Of shapes that cannot be scaled, the smallest that is large enough, else the largest.
std::optional<uint16_t> large_enough(const NamedLine& line, double size) {
  std::optional<uint16_t> best;
  const auto is_better = [&](const NamedShape& shape) {
    if (!best) return true;
    const double old = line.shapes[*best].size;
    return old < size ? shape.size > old : shape.size >= size && shape.size < old;
  };
  for (size_t at = 0; at < line.shapes.size(); ++at) {
    if (line.shapes[at].size > 0 && is_better(line.shapes[at])) best = static_cast<uint16_t>(at);
  }
  return best;
}

// The shape whose ratios are taken: the next in size.
std::optional<uint16_t> next_in_size(const NamedLine& line, double size) {
  std::optional<uint16_t> best;
  const auto distance = [&](uint16_t at) { return std::abs(std::log(size / line.shapes[at].size)); };
  for (uint16_t at = 0; at < line.shapes.size(); ++at) {
    if (line.shapes[at].size > 0 && (!best || distance(at) < distance(*best))) best = at;
  }
  return best;
}

// Chooses the shape for a size: a published one as it is, else one to scale.
void choose_shape(Named& named) {
  const NamedLine& line = named_shapes().lines()[named.line];
  const std::optional<uint16_t> published = line.nearest(named.size);
  if (published) {
    named.shape = published;
  } else if (!lines().scale[named.line]) {
    if (!named.shape) named.shape = large_enough(line, named.size);
  } else {
    if (!named.shape) named.shape = next_in_size(line, named.size);
    named.scaled = true;
  }
}

bool writes(std::string_view family) {
  return family == "text_generation" || family.empty() || family == "unknown";
}

// NxM, where the line has not published that: N experts in layers like those of the line's own M.
bool choose_mixture(Named& named, const NamedSize& size) {
  const NamedShapes& shapes = named_shapes();
  const std::string_view type = shapes.lines()[named.line].model_type;
  if (size.experts == 0 || !writes(shapes.lines()[named.line].model_family)) return false;
  if (type == "mixtral" && shapes.lines()[named.line].nearest(size.parameters)) return false;
  if (type != "llama" && type != "mistral" && type != "qwen2") named.line = lines().mistral;
  named.shape = std::nullopt;
  named.experts = size.experts;
  named.size = size.each;
  choose_shape(named);
  return true;
}

std::optional<Named> look_at(std::string_view name, std::string_view family, std::string_view task) {
  const NamedShapes& shapes = named_shapes();
  const std::optional<NamedSize> size = size_in_name(name);
  const NamedWords words = shapes.words_of(name, family);
  Named named;
  named.said = size.has_value();
  named.size = size ? size->parameters : words.size;
  if (!words.line && !size) return std::nullopt;
  const std::optional<uint16_t> line = words.line ? words.line : usual_line(family, task, named.size);
  if (!line) return std::nullopt;
  named.line = *line;
  named.shape = words.shape;
  if (size && size->active > 0 && shapes.lines()[named.line].mixture) {
    named.line = *shapes.lines()[named.line].mixture;
    named.shape = std::nullopt;
  }
  if (named.size > 0 && !(size && choose_mixture(named, *size))) choose_shape(named);
  return named;
}

// A mixture with layers like those of `dense`.
ModelConfig mixture_of(const ModelConfig& dense, int experts) {
  boost::json::object keys = {{"model_type", "mixtral"}, {"num_local_experts", experts}};
  for (const std::string_view key :
       {"vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
        "num_key_value_heads", "head_dim", "max_position_embeddings"}) {
    if (dense.has(key)) keys[key] = *dense.find(key);
  }
  if (!keys.contains("num_key_value_heads")) keys["num_key_value_heads"] = keys["num_attention_heads"];
  return ModelConfig::read(keys);
}

std::string show_size(double size) {
  for (const auto& [unit, letter] : {std::pair(1e12, 'T'), std::pair(1e9, 'B'), std::pair(1e6, 'M')}) {
    if (size >= unit) return fmt::format("{:.3g}{}", size / unit, letter);
  }
  return fmt::format("{:.3g}", size);
}

std::string why(const Named& named) {
  const NamedLine& line = named_shapes().lines()[named.line];
  const std::string size =
      named.experts > 0 ? fmt::format("{}x{}", named.experts, show_size(named.size)) : show_size(named.size);
  if (named.said) return fmt::format("{} in its name, shaped like {}", size, line.name);
  if (named.size > 0) return fmt::format("known to have {}, shaped like {}", size, line.name);
  if (named.shape) return fmt::format("shaped like {} {}", line.name, line.shapes[*named.shape].label);
  return fmt::format("shaped like a usual {}", line.name);
}

}  // namespace

uint64_t named_key(std::string_view model_name, std::string_view model_family, std::string_view task) {
  const std::optional<Named> named = look_at(model_name, model_family, task);
  return named ? key_of(*named) : 0;
}

std::optional<NamedModel> model_from_key(uint64_t key) {
  if (key == 0) return std::nullopt;
  const Named named = named_of(key);
  const boost::json::object base = named_shapes().config(named.line, named.shape);
  ModelConfig config = named.scaled ? scaled_config(base, named.size) : ModelConfig::read(base);
  if (named.experts > 0) config = mixture_of(config, named.experts);
  const double parameters = !named.said         ? 0
                            : named.experts > 0 ? mixture_size(named.experts, named.size)
                                                : named.size;
  return NamedModel{std::move(config), parameters, why(named)};
}

std::optional<NamedModel> model_from_name(std::string_view model_name, std::string_view model_family,
                                          std::string_view task) {
  return model_from_key(named_key(model_name, model_family, task));
}

}  // namespace testloom
