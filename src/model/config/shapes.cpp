#include "model/config/shapes.h"

#include <algorithm>
#include <initializer_list>

namespace testloom {

namespace {

using Keys = std::initializer_list<std::string_view>;

bool is_list(const ModelConfig& config, std::string_view key) {
  const boost::json::value* value = config.find(key);
  return value && value->is_array();
}

// The first of the keys that has a single value.
int64_t size_of(const ModelConfig& config, Keys keys, int64_t fallback = 0) {
  for (const std::string_view key : keys) {
    if (config.has(key) && !is_list(config, key)) return config.natural(key);
  }
  return fallback;
}

std::vector<int64_t> list_of(const ModelConfig& config, Keys keys) {
  for (const std::string_view key : keys) {
    if (is_list(config, key)) return config.naturals(key);
  }
  return {};
}

bool ends_with_any(std::string_view text, Keys ends) {
  return std::any_of(ends.begin(), ends.end(), [&](std::string_view end) { return text.ends_with(end); });
}

bool has_auto_class(const ModelConfig& config, std::string_view name) {
  const boost::json::value* classes = config.defaults() ? config.defaults()->if_contains("classes") : nullptr;
  return classes && classes->get_object().contains(name);
}

bool is_decoder(const ModelConfig& config) {
  if (config.flag("is_decoder")) return true;
  if (has_auto_class(config, "AutoModelForMaskedLM")) return false;
  if (has_auto_class(config, "AutoModelForCausalLM")) return true;
  if (!config.architectures().empty()) {
    return ends_with_any(config.architectures().front(), {"ForCausalLM", "LMHeadModel", "LMHead"});
  }
  return config.first_of({"num_key_value_heads", "rope_theta", "rope_scaling", "rms_norm_eps"}) != "" &&
         config.has("vocab_size");
}

InputKind input_of(const ModelConfig& config) {
  if (config.first_of({"num_mel_bins", "conv_stride", "sampling_rate", "audio_channels", "n_mels"}) != "") {
    return InputKind::audio;
  }
  const bool picture = config.first_of({"image_size", "patch_size", "num_channels", "img_size"}) != "";
  return picture && !config.has("vocab_size") ? InputKind::image : InputKind::text;
}

std::vector<Stage> stages_of(const ModelConfig& config) {
  const std::vector<int64_t> depths = list_of(config, {"depths", "layers_per_stage"});
  const std::vector<int64_t> widths = list_of(config, {"hidden_sizes", "embed_dims", "encoder_hidden_sizes"});
  const std::vector<int64_t> heads = list_of(config, {"num_heads", "num_attention_heads"});
  int64_t width = size_of(config, {"embed_dim", "hidden_size"});
  std::vector<Stage> stages(depths.size());
  for (size_t at = 0; at < stages.size(); ++at) {
    stages[at].depth = depths[at];
    stages[at].heads = at < heads.size() ? heads[at] : 0;
    stages[at].width = at < widths.size() ? widths[at] : width;
    width = std::min(2 * width, largest_config_number);
  }
  return stages;
}

void read_picture(const ModelConfig& config, Shapes& shapes) {
  const auto extent = [&](Keys keys, int64_t& height, int64_t& width) {
    const std::string_view key = config.first_of(keys);
    if (key.empty()) return;
    const std::vector<int64_t> sizes = config.naturals(key);
    height = sizes.empty() ? 0 : sizes.front();
    width = sizes.empty() ? 0 : sizes.back();
  };
  extent({"image_size", "img_size"}, shapes.image_height, shapes.image_width);
  extent({"patch_size"}, shapes.patch_height, shapes.patch_width);
  shapes.channels = size_of(config, {"num_channels", "in_channels", "in_chans"}, 3);
}

void read_layers(const ModelConfig& config, Shapes& shapes) {
  shapes.hidden = size_of(
      config, {"hidden_size", "d_model", "n_embd", "n_embed", "dim", "embed_dim", "hidden_dim", "width"});
  shapes.layers = size_of(config, {"num_hidden_layers", "encoder_layers", "n_layer", "n_layers", "num_layers",
                                   "num_encoder_layers", "depth", "layers"});
  shapes.heads =
      size_of(config, {"num_attention_heads", "encoder_attention_heads", "n_head", "n_heads", "num_heads"});
  shapes.kv_heads =
      size_of(config, {"num_key_value_heads", "num_kv_heads", "n_head_kv", "multi_query_group_num"},
              config.flag("multi_query") ? 1 : shapes.heads);
  shapes.head_dim = size_of(config, {"head_dim", "d_kv", "attention_head_size", "kv_channels"},
                            shapes.heads > 0 ? shapes.hidden / shapes.heads : 0);
  shapes.intermediate =
      size_of(config, {"intermediate_size", "ffn_dim", "d_ff", "encoder_ffn_dim", "n_inner", "d_inner",
                       "ffn_hidden_size", "hidden_dim", "mlp_dim", "feed_forward_size"});
  if (shapes.intermediate == 0 || (shapes.intermediate == shapes.hidden && config.has("mlp_ratio"))) {
    const double ratio = std::clamp(
        config.has("mlp_ratio") && !is_list(config, "mlp_ratio") ? config.number("mlp_ratio") : 4.0, 0.0,
        64.0);
    shapes.intermediate = static_cast<int64_t>(ratio * static_cast<double>(shapes.hidden));
  }
  shapes.decoder_layers = size_of(config, {"decoder_layers", "num_decoder_layers"}, shapes.layers);
  shapes.decoder_heads = size_of(config, {"decoder_attention_heads"}, shapes.heads);
  shapes.decoder_intermediate = size_of(config, {"decoder_ffn_dim"}, shapes.intermediate);
  const std::string_view act =
      config.first_of({"hidden_act", "hidden_activation", "feed_forward_proj", "activation_function"});
  const boost::json::value* value = act.empty() ? nullptr : config.find(act);
  const std::string_view word =
      value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
  shapes.gated = word == "silu" || word == "swiglu" || word.starts_with("gated") ||
                 (config.has("rms_norm_eps") && shapes.input == InputKind::text);
}

void read_experts(const ModelConfig& config, Shapes& shapes) {
  shapes.experts =
      size_of(config, {"num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts"});
  shapes.experts_used =
      size_of(config, {"num_experts_per_tok", "num_experts_per_token", "moe_top_k", "moe_topk"});
  shapes.expert_intermediate =
      size_of(config, {"moe_intermediate_size", "expert_intermediate_size"}, shapes.intermediate);
}

void read_sound(const ModelConfig& config, Shapes& shapes) {
  shapes.mel_bins = size_of(config, {"num_mel_bins", "n_mels"});
  shapes.convolution_widths = list_of(config, {"conv_dim"});
  shapes.convolution_kernels = list_of(config, {"conv_kernel"});
  shapes.convolution_strides = list_of(config, {"conv_stride"});
}

std::shared_ptr<const Shapes> part_of(const ModelConfig& config, Keys keys) {
  for (const std::string_view key : keys) {
    if (const ModelConfig* part = config.find_part(key))
      return std::make_shared<const Shapes>(shapes_of(*part));
  }
  return nullptr;
}

}  // namespace

Shapes shapes_of(const ModelConfig& config) {
  Shapes shapes;
  shapes.input = input_of(config);
  read_layers(config, shapes);
  read_experts(config, shapes);
  read_picture(config, shapes);
  read_sound(config, shapes);
  shapes.vocab = size_of(config, {"vocab_size", "n_vocab", "padded_vocab_size"});
  shapes.max_positions = size_of(config, {"max_position_embeddings", "n_positions", "max_seq_len",
                                          "seq_length", "max_target_positions", "n_ctx"});
  shapes.sliding_window = config.flag("use_sliding_window", true) ? size_of(config, {"sliding_window"}) : 0;
  shapes.tied_words = config.flag("tie_word_embeddings");
  shapes.stages = stages_of(config);
  shapes.text = part_of(config, {"text_config", "llm_config", "language_config", "decoder"});
  shapes.vision = part_of(config, {"vision_config", "backbone_config"});
  shapes.audio = part_of(config, {"audio_config", "speech_config"});
  const ModelConfig* encoder = config.find_part("encoder");
  if (!shapes.vision && !shapes.audio && encoder) {
    auto front = std::make_shared<const Shapes>(shapes_of(*encoder));
    (front->input == InputKind::audio ? shapes.audio : shapes.vision) = std::move(front);
  }
  if (shapes.text || ((shapes.vision || shapes.audio) && shapes.layers == 0)) {
    shapes.structure = Structure::composed;
  } else if (config.flag("is_encoder_decoder") || config.has("decoder_layers")) {
    shapes.structure = Structure::encoder_decoder;
  } else if (!shapes.stages.empty()) {
    shapes.structure = Structure::stages;
  } else {
    shapes.structure = is_decoder(config) ? Structure::decoder : Structure::encoder;
  }
  return shapes;
}

}  // namespace testloom
