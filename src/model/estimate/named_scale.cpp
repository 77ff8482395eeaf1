#include "model/estimate/named_scale.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <numeric>
#include <optional>
#include <span>
#include <string_view>

#include "model/config/classes.h"
#include "model/config/shapes.h"
#include "model/estimate/forwards.h"
#include "model/parameters/parameters.h"

namespace testloom {

namespace {

constexpr double close_enough = 0.02;
constexpr int most_tries = 4;
constexpr int64_t narrowest_head = 32;

constexpr std::string_view layer_keys[] = {"num_hidden_layers", "encoder_layers",     "decoder_layers",
                                           "num_layers",        "num_decoder_layers", "n_layer",
                                           "n_layers"};
constexpr std::string_view width_keys[] = {"hidden_size", "d_model",        "n_embd",
                                           "dim",         "embedding_size", "word_embed_proj_dim"};
constexpr std::string_view inner_keys[] = {"intermediate_size",
                                           "ffn_dim",
                                           "d_ff",
                                           "encoder_ffn_dim",
                                           "decoder_ffn_dim",
                                           "n_inner",
                                           "hidden_dim",
                                           "moe_intermediate_size",
                                           "shared_expert_intermediate_size"};
constexpr std::string_view head_keys[] = {"num_attention_heads",
                                          "encoder_attention_heads",
                                          "decoder_attention_heads",
                                          "num_heads",
                                          "n_head",
                                          "n_heads"};
constexpr std::string_view key_head_keys[] = {"num_key_value_heads", "num_kv_heads"};
constexpr std::string_view head_width_keys[] = {"head_dim", "d_kv"};

// The part whose size is chosen: the model itself, or the language model of one that sees.
const ModelConfig& sized_part(const ModelConfig& config) {
  const ModelConfig* text = config.find_part("text_config");
  return text ? *text : config;
}

int64_t value_of(const ModelConfig& config, std::string_view key) {
  const boost::json::value* value = config.find(key);
  return value && value->is_int64() ? value->get_int64() : 0;
}

int64_t first_of(const ModelConfig& config, std::span<const std::string_view> keys) {
  for (const std::string_view key : keys) {
    if (const int64_t value = value_of(config, key); value > 0) return value;
  }
  return 0;
}

int64_t to_multiple(double value, int64_t step) {
  return std::max<int64_t>(1, std::llround(value / static_cast<double>(step))) * step;
}

// The sizes of the part that is scaled.
struct Sizing {
  const ModelConfig& base;
  int64_t width, depth, heads, key_heads;
  int64_t own_head_width;  // where the config says it; else it is width / heads

  explicit Sizing(const ModelConfig& part)
      : base(part),
        width(first_of(part, width_keys)),
        depth(first_of(part, layer_keys)),
        heads(first_of(part, head_keys)),
        key_heads(first_of(part, key_head_keys)),
        own_head_width(first_of(part, head_width_keys)) {}

  // Heads stay as wide as they are, unless there would be fewer than four.
  int64_t head_width(double wanted) const {
    if (own_head_width > 0) return own_head_width;
    if (heads == 0) return 64;
    int64_t size = width / heads;
    while (size % 2 == 0 && size > narrowest_head && wanted < 4.0 * static_cast<double>(size)) size /= 2;
    return size;
  }

  // What a width near `wanted` is a multiple of: whole heads, and where there is room for it whole groups of
  // heads that share a key.
  int64_t step(double wanted) const {
    int64_t step = own_head_width > 0 ? 64 : head_width(wanted);
    const int64_t shared = key_heads > 0 ? std::max<int64_t>(1, heads / key_heads) * step : step;
    if (wanted >= 1.5 * static_cast<double>(shared)) step = shared;
    return std::lcm(step, std::max<int64_t>(1, value_of(base, "num_conv_pos_embedding_groups")));
  }
};

// The heads for keys in their ratio to all heads, as a number that divides them.
int64_t key_heads(int64_t heads, int64_t of_base, int64_t heads_of_base) {
  int64_t wanted = std::max<int64_t>(1, (heads * of_base + heads_of_base - 1) / heads_of_base);
  while (wanted < heads && heads % wanted != 0) ++wanted;
  return std::min(wanted, heads);
}

// What differs from the base at this width and number of layers.
boost::json::object keys_at(const Sizing& sizing, int64_t width, int64_t depth) {
  const ModelConfig& base = sizing.base;
  const double wider = static_cast<double>(width) / static_cast<double>(sizing.width);
  const double deeper = static_cast<double>(depth) / static_cast<double>(sizing.depth);
  boost::json::object keys;
  const auto put = [&](std::span<const std::string_view> names, auto value) {
    for (const std::string_view name : names) {
      const int64_t old = value_of(base, name);
      if (old > 0) keys[name] = value(old);
    }
  };
  put(width_keys, [&](int64_t old) { return old == sizing.width ? width : old; });
  put(layer_keys,
      [&](int64_t old) { return std::max<int64_t>(1, std::llround(deeper * static_cast<double>(old))); });
  put(inner_keys, [&](int64_t old) { return to_multiple(wider * static_cast<double>(old), 32); });
  if (sizing.heads == 0) return keys;
  const int64_t heads = sizing.own_head_width > 0
                            ? std::max<int64_t>(1, std::llround(wider * static_cast<double>(sizing.heads)))
                            : width / sizing.head_width(static_cast<double>(width));
  put(head_keys, [&](int64_t) { return heads; });
  put(key_head_keys, [&](int64_t old) { return key_heads(heads, old, sizing.heads); });
  return keys;
}

ModelConfig with_keys(const boost::json::object& base, boost::json::object keys, bool in_text) {
  boost::json::object config = base;
  boost::json::object* part = &config;
  if (in_text) {
    boost::json::value& text = config["text_config"];
    if (!text.is_object()) text = boost::json::object();
    part = &text.get_object();
  }
  for (const auto& [key, value] : keys) (*part)[key] = value;
  return ModelConfig::read(config);
}

double count(const ModelConfig& config) {
  return static_cast<double>(count_parameters(config, sized_class(config)).total);
}

// t where tables · t + layers · t³ = wanted.
double solve(double tables, double layers, double wanted) {
  double low = 0, high = 1;
  while (tables * high + layers * high * high * high < wanted) high *= 2;
  for (int step = 0; step < 40; ++step) {
    const double middle = (low + high) / 2;
    (tables * middle + layers * middle * middle * middle < wanted ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace

bool can_scale(const ModelConfig& config) {
  const Shapes shapes = shapes_of(config);
  if (shapes.text) return shapes.text->structure == Structure::decoder;
  if (shapes.structure == Structure::stages || shapes.structure == Structure::composed) return false;
  return config.model_type() != "albert" && first_of(config, width_keys) > 0 &&
         first_of(config, layer_keys) > 0;
}

std::string sized_class(const ModelConfig& config) {
  const boost::json::object* defaults = config.defaults();
  const boost::json::value* classes = defaults ? defaults->if_contains("classes") : nullptr;
  if (!classes || classes->get_object().contains("AutoModelForMaskedLM")) return model_class(config);
  for (const std::string_view head : {"AutoModelForSeq2SeqLM", "AutoModelForSpeechSeq2Seq",
                                      "AutoModelForImageTextToText", "AutoModelForCausalLM"}) {
    if (classes->get_object().contains(head)) return model_class(config, head);
  }
  return model_class(config);
}

ModelConfig scaled_config(const boost::json::object& base, double parameters) {
  const ModelConfig whole = ModelConfig::read(base);
  const bool in_text = &sized_part(whole) != &whole;
  const Sizing sizing(sized_part(whole));
  const auto at = [&](int64_t width, int64_t depth) {
    return with_keys(base, keys_at(sizing, width, depth), in_text);
  };
  // What layers take is told apart from the tables by taking half of them away.
  const double all = count(whole);
  const int64_t fewer = std::max<int64_t>(1, sizing.depth / 2);
  const double shallow = count(at(sizing.width, fewer));
  const double layer =
      sizing.depth > fewer ? (all - shallow) / static_cast<double>(sizing.depth - fewer) : all;
  const double layers = layer * static_cast<double>(sizing.depth);
  const double tables = std::max(0.0, all - layers);

  double wanted = parameters, best_off = 0;
  std::optional<ModelConfig> best;
  for (int tries = 0; tries < most_tries; ++tries) {
    const double t = solve(tables, layers, std::max(wanted, 1.0));
    const double width = t * static_cast<double>(sizing.width);
    const int64_t chosen = to_multiple(width, sizing.step(width));
    const double wider = static_cast<double>(chosen) / static_cast<double>(sizing.width);
    const double left = (wanted - tables * wider) / std::max(1.0, layer * wider * wider);
    const int64_t depth = std::clamp<int64_t>(std::llround(left), 1, most_layers);
    ModelConfig config = at(chosen, depth);
    const double counted = count(config);
    const double off = std::abs(counted / parameters - 1);
    if (!best || off < best_off) {
      best = std::move(config);
      best_off = off;
    }
    if (off <= close_enough) break;
    wanted = std::clamp(wanted + parameters - counted, parameters / 4, parameters * 4);
  }
  return std::move(*best);
}

}  // namespace testloom
