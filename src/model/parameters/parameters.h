// How many parameters a model has, from its config alone, without its weights: for the types that formulas.h
// lists exactly what sum(p.numel() for p in model.parameters()) gives, and for others an estimate by the
// nearest formula.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/config/config.h"

namespace testloom {

struct ParameterTerm {
  std::string name;  // "layers.attention", with the part that it is in before it
  int64_t each = 0;
  int64_t times = 1;
  bool embedding = false;  // a table that is looked up, not multiplied by

  int64_t total() const { return each * times; }
};

struct ParameterCount {
  int64_t total = 0;                 // tied weights once, frozen ones too, buffers not
  int64_t embedding = 0;             // of these, in tables that are looked up
  bool exact = false;                // else an estimate, by the formula of another type or class
  std::string by;                    // the model type whose formula it is
  std::string architecture;          // the class that was counted; empty where none is known
  std::vector<ParameterTerm> terms;  // whose totals add up to `total`
};

// Counts the class that `wanted` says (a class, an auto class or a task, see config/classes.h) or else the
// config's own. Throws an Error (spec) for values that no model can have, naming their key, and for more than
// 10^16.
ParameterCount count_parameters(const ModelConfig& config, std::string_view wanted = {});

}  // namespace testloom
