// What a formula fills: the terms of a count, each with the part of the model that it is in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/parameters/parameters.h"
#include "model/parameters/quantity.h"

namespace testloom {

class Tally {
 public:
  // `times` equal pieces of `each` parameters; nothing where that is none at all.
  void add(std::string_view name, Quantity each, Quantity times = 1) { put(name, each, times, false); }
  void add_embedding(std::string_view name, Quantity each) { put(name, each, 1, true); }
  // What is counted here is not what the class has.
  void inexact() { exact_ = false; }

  Quantity total() const { return total_; }

  // While it lives, names have `part` and a dot before them.
  class Part {
   public:
    Part(Tally& tally, std::string_view part) : tally_(tally), size_(tally.prefix_.size()) {
      tally.prefix_.append(part).append(".");
    }
    ~Part() { tally_.prefix_.resize(size_); }
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;

   private:
    Tally& tally_;
    size_t size_;
  };

  // The count, with what the caller knows besides still to be filled in. Throws where it is too large.
  ParameterCount take(const ModelConfig& config);

 private:
  void put(std::string_view name, Quantity each, Quantity times, bool embedding);

  std::string prefix_;
  std::vector<ParameterTerm> terms_;
  Quantity total_;
  Quantity embedding_;
  std::string too_large_;  // the first term that is
  bool exact_ = true;
};

}  // namespace testloom
