// What the files in a model's folder say about its family: which there are, and what stands in them.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "model/family/family.h"
#include "model/weights/gguf.h"

namespace testloom {

// Reads the metadata `general.architecture` of a GGUF file; empty where the file does not say. May throw an
// Error, which is told as a note.
using GgufArchitecture = std::function<std::string(const std::filesystem::path&)>;

// By the first of these that says it: model_index.json (diffusers), modules.json or
// config_sentence_transformers.json (sentence-transformers), config.json, open_clip_config.json, the first
// GGUF file, adapter_config.json (its base model's name). Nothing where no file says it, or the folder is not
// there. Files that cannot be read, are larger than max_config_bytes or no JSON are passed over, with a note
// each. `folder` may be a GGUF file itself.
std::optional<FamilyGuess> family_of_folder(const std::filesystem::path& folder,
                                            std::vector<std::string>* notes = nullptr,
                                            const GgufArchitecture& gguf = gguf_architecture);

}  // namespace testloom
