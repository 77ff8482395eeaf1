// A config for a model of which there is only a name: published shapes (named_shapes.tsv) of the line of
// models that it names, or its family's usual type, of the size that it says. What it makes is what
// estimate_memory() takes. Where each comes from, and how good it is: docs/estimates.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/config/config.h"

namespace testloom {

struct NamedModel {
  ModelConfig config;
  double parameters = 0;  // as said, to three digits; 0 where only a word or a type said it
  std::string why;        // for people: "7B in its name, shaped like llama"
};

// A number that names what model_from_name() makes: equal keys give equal models, and 0 means nothing. About
// 0.3 µs, so that a plan can group many names by it and look at each kind once. It stays the same within a
// process; do not store it.
//
// `model_family` and `task` are what is known beside the name; where the family is empty or "unknown", the
// name's own line decides.
uint64_t named_key(std::string_view model_name, std::string_view model_family, std::string_view task);

// The model of a key that named_key() gave; nothing for 0. Some 50 µs.
std::optional<NamedModel> model_from_key(uint64_t key);

// Nothing where the name says neither a size nor a line of models that is known.
std::optional<NamedModel> model_from_name(std::string_view model_name, std::string_view model_family,
                                          std::string_view task);

}  // namespace testloom
