// Fewer rows that cover the same: takes one away and repairs what is open then by changing single values,
// with a tabu list, again and again.
#pragma once

#include <cstdint>

#include "plan/covering/covering_space.h"

namespace testloom {

// The most pairs of values, possible or not, that it is for.
inline constexpr uint64_t kMostPairsToSearch = uint64_t{1} << 20;

// REQUIRES: `rows` cover all possible pairs, and there are no more than so many pairs. What comes back does
// as well, and none of it is there twice. `effort` is about how many pairs it looks at.
RowList reduce_rows(AllowedRows& space, RowList rows, uint64_t effort, Draws& draws);

}  // namespace testloom
