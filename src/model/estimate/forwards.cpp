#include "model/estimate/forwards.h"

#include <algorithm>
#include <initializer_list>
#include <vector>

#include <fmt/format.h>

#include "model/estimate/process.h"

namespace testloom {

namespace {

void (*find_forward(std::string_view model_type))(const Call&) {
  for (const std::span<const Forward> table :
       {text_encoder_forwards(), decoder_forwards(), encoder_decoder_forwards(), vision_forwards(),
        convolution_forwards(), audio_forwards(), multimodal_forwards()}) {
    const auto found = std::ranges::find(table, model_type, &Forward::model_type);
    if (found != table.end()) return found->write;
  }
  return nullptr;
}

// The type whose code is nearest to that of a type that is not known.
std::string_view nearest_type(const Call& call) {
  const ModelConfig& config = call.config;
  if (config.find_part("text_config") && config.find_part("vision_config")) {
    return config.part("vision_config").model_type() == "clip_vision_model" ? "clip" : "llava";
  }
  if (config.flag("is_encoder_decoder")) return "bart";
  if (call.work.model_family == "vision" || config.has("patch_size")) {
    return config.has("hidden_sizes") ? "convnext" : "vit";
  }
  if (call.work.model_family == "audio" || config.has("conv_kernel")) return "wav2vec2";
  if (config.has("num_key_value_heads") || call.architecture.ends_with("CausalLM") ||
      call.work.model_family == "text_generation") {
    return config.has("rms_norm_eps") ? "llama" : "gpt_neox";
  }
  return "bert";
}

}  // namespace

bool Call::keeps_last_logits(bool before_5) const {
  return generates() && (before_5 || version_of(work.transformers).major >= 5);
}

std::string write_call(const Call& call) {
  if (const auto write = find_forward(call.config.model_type())) {
    write(call);
    return call.config.model_type();
  }
  const std::string_view nearest = nearest_type(call);
  find_forward(nearest)(call);
  return std::string(nearest);
}

double size_of(const ModelConfig& config, std::string_view key) {
  return static_cast<double>(config.positive(key));
}

int layers_of(const ModelConfig& config, std::string_view key) {
  const int64_t layers = config.natural(key);
  if (layers > most_layers)
    config.refuse(key, fmt::format("at most {} layers are gone through", most_layers));
  return static_cast<int>(layers);
}

void look_through_logits(const Call& call) {
  const ModelConfig* text = call.config.find_part("text_config");
  const ModelConfig* decoder = call.config.find_part("decoder");
  const ModelConfig& owner = text ? *text : decoder ? *decoder : call.config;
  const double step = call.batch() * size_of(owner, "vocab_size");
  const double all = step * static_cast<double>(call.work.new_tokens);
  Tape& tape = call.pass.tape;
  std::vector<Tensor> steps;
  for (int64_t at = 0; at < std::min<int64_t>(call.work.new_tokens, most_layers); ++at)
    steps.push_back(tape.make(step, Part::logits));
  Tensor stacked = tape.make(all, Part::logits);
  Tensor is_number = tape.make_bytes(all, Part::logits);
  Tensor magnitude = tape.make(all, Part::logits);
  Tensor is_finite = tape.make_bytes(all, Part::logits);
}

}  // namespace testloom
