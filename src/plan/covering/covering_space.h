// The rows that a request allows, over axes as the search wants them: at least two, the largest first, values
// in random order. With a condition it finds which pairs of values allowed rows have, and a row for each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "plan/covering/covering.h"
#include "plan/covering/covering_pairs.h"
#include "plan/covering/covering_rows.h"

namespace testloom {

class AllowedRows {
 public:
  // The request is to outlive it; no axis is without values.
  AllowedRows(const CoveringRequest& request, Draws& draws);

  const std::vector<uint32_t>& sizes() const { return sizes_; }
  bool has_condition() const { return static_cast<bool>(request_.allowed); }
  // How many rows there are, allowed or not; at most 2^64 - 1.
  uint64_t product() const { return product_; }

  bool contains(RowView row);

  // The pairs in allowed rows, within the bound that covering.h states.
  const PairSet& possible() const { return possible_; }
  // No fewer rows have all of those.
  size_t least_rows() const;
  // An allowed row with this pair, which is possible. REQUIRES: has_condition().
  RowView witness(const ValuePair& pair, Draws& draws) const;

  // The row with the next number; after the last, the first and false.
  bool advance(std::vector<uint32_t>& row) const;
  // A row of the product by its number; number_of is its inverse while the product is below 2^64 - 1, and a
  // hash beyond.
  std::vector<uint32_t> row_of(uint64_t number) const;
  uint64_t number_of(RowView row) const;
  std::vector<uint32_t> random_row(Draws& draws) const;

  // As the request has its axes.
  std::vector<uint32_t> to_request(RowView row) const;

 private:
  void find_all();
  void find_by_search(Draws& draws);
  bool find_rows_with_values(Draws& draws);
  void find_rows_with(const ValuePair& pair, Draws& draws);
  // For an allowed row that has the first `fixed` of the pair's two values (with 0: any allowed row).
  bool search(const ValuePair& pair, int fixed, uint64_t tries, Draws& draws);
  bool search_near_known(uint32_t axis, uint32_t value, Draws& draws);
  bool try_all_with(const ValuePair& pair, int fixed);
  // Then all rows with a value are tried, and one without any is known to be dead.
  bool has_few_rows_a_value(uint32_t axis) const;
  bool ask();  // about the row in trial_; an allowed one that has new pairs is kept
  RowView known_row(uint32_t axis, uint32_t value, Draws& draws) const;

  const CoveringRequest& request_;
  std::vector<uint32_t> axis_of_;  // the request's axis of each of these axes, or one more
  std::vector<uint32_t> sizes_;
  std::vector<std::vector<uint32_t>> labels_;  // the request's value of each value
  uint64_t product_ = 1;
  std::vector<uint64_t> answers_;  // a bit for each row's number, where there are few
  PairSet possible_;
  RowList witnesses_;
  std::vector<std::vector<std::vector<uint32_t>>> rows_with_;  // of each value: the numbers of its witnesses
  std::vector<uint32_t> trial_, asked_;
};

}  // namespace testloom
