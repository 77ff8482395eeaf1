// Another size of a model: its config with as many layers, as wide, as it takes to have so many parameters.
#pragma once

#include <string>

#include <boost/json/object.hpp>

#include "model/config/config.h"

namespace testloom {

// Whether layers and a width say how large models of this config are: not where widths change from stage to
// stage, nor where all layers share their weights as in ALBERT, nor where two models stand side by side as in
// CLIP. Of a language model that sees, the language
// model is what is scaled.
bool can_scale(const ModelConfig& config);

// The class whose parameters the sizes in names count: with the head that writes, for models that write.
std::string sized_class(const ModelConfig& config);

// `base` with its width, depth, inner width and heads in about the ratios that they have, so that there are
// about `parameters`: within 10 % from twice the vocabulary's tables on. Vocabulary, positions and what else
// is in the config stay.
ModelConfig scaled_config(const boost::json::object& base, double parameters);

}  // namespace testloom
