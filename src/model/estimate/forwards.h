// One call of a model, forward or generate, written on a tape. Each function below knows some model types;
// which, its table says.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "model/config/config.h"
#include "model/estimate/layers.h"
#include "model/estimate/workload.h"

namespace testloom {

struct Call {
  const ModelConfig& config;
  std::string architecture;  // the class; empty where none is known
  const Workload& work;
  Pass& pass;

  bool generates() const { return work.mode == Mode::generate; }
  // Whether generate asks for the last token's logits alone, as all classes are asked from version 5 on and
  // some before (`before_5`).
  bool keeps_last_logits(bool before_5) const;
  double batch() const { return static_cast<double>(work.batch_size); }
  double length() const { return static_cast<double>(work.seq_len); }
};

// Writes the call down. Gives the name of the model type whose code it follows; another one than the config's
// where that is not known, and the nearest is taken.
std::string write_call(const Call& call);

// Generating the tokens behind the first: `step` is told how many there are. The second and the last are gone
// through, and the last stands for those between.
template <class Step>
void each_step(const Call& call, double new_tokens, Step step) {
  if (new_tokens < 2) return;
  step(1.0);
  call.pass.tape.add_pass();
  if (new_tokens < 3) return;
  call.pass.tape.set_times(new_tokens - 2);
  step(new_tokens - 1);
  call.pass.tape.add_pass();
  call.pass.tape.set_times(1);
}

// The logits of all new tokens, kept by generate(output_logits=True), stacked, and asked for those that are
// not finite: (x == x) & (abs(x) != inf), as torch.isfinite has it.
void look_through_logits(const Call& call);

// How a model type's code is written down.
struct Forward {
  std::string_view model_type;
  void (*write)(const Call& call);
};

std::span<const Forward> text_encoder_forwards();
std::span<const Forward> decoder_forwards();
std::span<const Forward> encoder_decoder_forwards();
std::span<const Forward> vision_forwards();
std::span<const Forward> convolution_forwards();
std::span<const Forward> audio_forwards();
std::span<const Forward> multimodal_forwards();

// A number that stands in a config, as a size to compute with. Layers beyond most_layers are an error, since
// each is gone through.
inline constexpr int64_t most_layers = 2000;
double size_of(const ModelConfig& config, std::string_view key);
int layers_of(const ModelConfig& config, std::string_view key);

}  // namespace testloom
