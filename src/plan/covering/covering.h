// Samples of a product of axes: few rows that cover every pair of values of two axes (2-way, pairwise
// testing), and more or fewer rows than that. Pure, and for one request the same on every machine; one thread
// a call.
//
// Without a condition the rows start from an orthogonal array over a finite field (Bush, 1952) and from the
// one-row-at-a-time greedy of AETG (Cohen, Dalal, Fredman, Patton, 1997), and a tabu search takes rows away
// (after TCA: Lin, Luo, Cai, Su, Hao, Zhang, 2015). Axes of two values alone have the optimum of Kleitman and
// Spencer (1973). Effort is counted in steps, never in seconds.
//
// Limits. Memory: four bits a pair of values, four bytes a cell of the rows and about 100 bytes a row; with a
// condition twice as much for cells. Time: rows * axes^2, and about half a second of search for fewer rows,
// which is for up to 2^20 pairs of values. A condition is called at least once a pair of values, and up to
// 1024 times for an impossible one (4096 for an impossible value), so it is to be cheap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace testloom {

struct CoveringRequest {
  std::vector<uint32_t> sizes;  // how many values each axis has; an axis without any leaves no rows
  // Whether a row (one value's index for each axis) may be in the sample; null: every row. Same row, same
  // answer.
  //
  // Where all axes together make at most 2^20 rows, it is asked for each of them, and what can be covered is
  // known. Where they make more, a pair of values counts as impossible when none of 1024 rows with it is
  // allowed (all there are, if no more, and otherwise mixes of known allowed rows and random ones), and all
  // pairs of a value when none of 4096 with it is (all there are), or of 1024 and the neighbours of an
  // allowed row; there are no rows at all when none of 2^20 at random is allowed. So pairs that only very few
  // of very many rows have may be missed; rows that are not allowed never come.
  std::function<bool(std::span<const uint32_t> row)> allowed;
  uint64_t seed = 1;
};

using CoveringRows = std::vector<std::vector<uint32_t>>;

// Allowed rows, none twice, such that each pair of values of two axes that is in any allowed row is in one of
// them. For one axis: all its values. For none: one empty row, if that is allowed.
CoveringRows cover_pairs(const CoveringRequest& request);

// `count` allowed rows, none twice: those that cover all pairs, ordered so that each start of them covers
// about as many as so few can, then random ones. Fewer where there are not so many; where all axes together
// make more than 2^20 rows and four times `count`, also where a long random search found no more.
CoveringRows sample_rows(const CoveringRequest& request, size_t count);

}  // namespace testloom
