// Rows that cover all possible pairs, one after the other, each with as many new pairs as a greedy choice
// finds.
#pragma once

#include <cstddef>
#include <cstdint>

#include "plan/covering/covering_space.h"

namespace testloom {

struct BuildOptions {
  bool on_lines = false;    // values from an orthogonal array, where all their pairs are new
  uint32_t candidates = 1;  // rows, of which the best is taken
  size_t limit = 0;         // rows to stop at; 0: none
};

// Each row has a pair that none before it has, so none is there twice.
RowList build_rows(AllowedRows& space, const BuildOptions& options, Draws& draws);

// For axes of at most two values, where every row is allowed: the fewest rows there can be.
RowList build_binary_rows(const std::vector<uint32_t>& sizes);

}  // namespace testloom
