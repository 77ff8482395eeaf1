// What a model's own description says about its family and task: its config.json, or the architecture that a
// GGUF file names. Better evidence than a name; the answers' origin is "config", or "none" for unknown.
#pragma once

#include <string_view>

#include <boost/json/object.hpp>

#include "model/family/family.h"

namespace testloom {

// From `architectures`, then `model_type`, each looked up among the types of the transformers package and
// then read like a name, then from the configs within it (text_config, vision_config, audio_config).
// Understands those of timm and of diffusers' components too. What is not of the expected kind is passed
// over.
FamilyGuess family_of_config(const boost::json::object& config);

// From the metadata `general.architecture` of a GGUF file: "llama", "qwen2vl", "nomic-bert".
FamilyGuess family_of_architecture(std::string_view gguf_architecture);

// What a pipeline or component of diffusers makes, by its class.
std::string_view diffusion_task(std::string_view class_name);

}  // namespace testloom
