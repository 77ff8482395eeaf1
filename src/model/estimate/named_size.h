// The number of parameters that a model's name says: "7b", "350M", "8x7B". Hands out the number alone; what
// a model of that size looks like is named_config.h's.
#pragma once

#include <optional>
#include <string_view>

namespace testloom {

struct NamedSize {
  double parameters = 0;  // all of them, of mixtures too
  double each = 0;        // as it is said for one of `experts`: 7e9 of 8x7B; 0 where that is not said
  int experts = 0;        // 8 of 8x7B; 0 where that is not said
  double active = 0;      // what works on one token: 3e9 of 30B-A3B; 0 where that is not said
};

// What N experts of M parameters have together.
double mixture_size(int experts, double each);

// What the part behind the organisation says, or nothing. A size is a number right before B, M or T, both
// ends at a token's boundary:
//   7b, 0.5B, 1_8B, 7b1, r7B   a number of billions; M millions from 3 on, a capital T trillions
//   8x7B            experts, which share a fifth of what each has: 0.2 M + 0.8 N M parameters (46 B and
//                   145 B for Mixtral's two, which have 46.7 B and 140.6 B)
//   30B-A3B         all, and what is active; where only A2.7B is said, all are six times as many
//   E2B             effective, beside 3.8 B of tables and encoders (Gemma 3n)
// Of several the largest in B, else in M, else in T: too much is better than too little. Not sizes are
// lengths of contexts (128k, 1M), quantities of data (laion2B, s32B, 100M-tokens, what follows a training
// step), versions, bits (4bit, bf16) and numbers within words. Takes any bytes, in time linear in them.
std::optional<NamedSize> size_in_name(std::string_view model_name);

}  // namespace testloom
