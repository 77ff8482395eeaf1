// What a test does with a model: how much of which input, how it is loaded, and where.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/estimate/process.h"

namespace testloom {

// What a test computes with, by version; empty: not known.
struct Libraries {
  std::string torch;
  std::string transformers;
};

// automatic: generate where the class is one that writes text.
enum class Mode { automatic, forward, generate };
// from_pretrained reads a file of weights; in_place builds the model and writes each weight once.
enum class Load { from_pretrained, in_place };
enum class AttentionKind { automatic, eager, sdpa };  // automatic: what the class takes for this torch

struct Workload {
  std::string task;  // or a class or an auto class; empty for what model_family or the config says
  std::string model_family;
  Mode mode = Mode::forward;
  Load load = Load::from_pretrained;
  std::string hardware_type = "cpu";
  int64_t batch_size = 1;
  int64_t seq_len = 128;
  int64_t decoder_seq_len = 1;
  int64_t image_height = 0;  // 0: the size in the config
  int64_t image_width = 0;
  double audio_seconds = 10;
  int64_t new_tokens = 16;
  bool output_logits = false;  // generate keeps the logits of all steps, and they are looked through after it
  std::string dtype = "float32";
  // By the headers of its weights, which count where the config does not say it exactly, or is a guess
  // itself; 0: not known.
  int64_t parameter_count = 0;
  bool config_is_guessed = false;
  AttentionKind attention = AttentionKind::automatic;
  std::string torch = "2.5.1";
  std::string transformers = "4.46";
  std::optional<DeviceRates> rates;  // of the device, where they were measured; else those of its kind
};

}  // namespace testloom
