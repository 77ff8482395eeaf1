// The formulas: one for each model type that is counted exactly, in files by kind of model. A formula fills a
// Tally with what the class `head` of its type has, where `head` is the class's name without the type's
// prefix: "Model", "ForMaskedLM". It answers whether it knows that class; what it does not know it counts as
// the bare model.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "model/config/config.h"
#include "model/parameters/tally.h"

namespace testloom {

using Formula = bool (*)(const ModelConfig& config, std::string_view head, Tally& tally);

struct TypeFormula {
  std::string_view model_type;
  std::string_view prefix;  // of the names of its classes
  Formula formula;
};

std::span<const TypeFormula> encoder_formulas();
std::span<const TypeFormula> decoder_formulas();
std::span<const TypeFormula> mixture_formulas();
std::span<const TypeFormula> encoder_decoder_formulas();
std::span<const TypeFormula> vision_formulas();
std::span<const TypeFormula> convolution_formulas();
std::span<const TypeFormula> multimodal_formulas();
std::span<const TypeFormula> audio_formulas();

// Null where the type has none.
const TypeFormula* find_formula(std::string_view model_type);

// Counts what AutoModel makes of a part of a model, by its type's formula or else the nearest one, which
// makes the whole count inexact.
void count_part(const ModelConfig& part, Tally& tally);

// An estimate by the sizes in the config, for types without a formula of their own.
const TypeFormula& nearest_formula();

// A width that is split among heads; refuses one that is no multiple of their number.
int64_t split_width(const ModelConfig& config, std::string_view width, std::string_view heads);

}  // namespace testloom
