#include "plan/covering/covering.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "plan/covering/covering_build.h"
#include "plan/covering/covering_search.h"
#include "plan/covering/covering_space.h"

namespace testloom {

namespace {

constexpr uint64_t kSearchEffort = 150'000'000;        // pairs, about half a second
constexpr uint64_t kEffortAPair = 20'000;              // and no more than this for each pair there is
constexpr uint64_t kGreedyEffort = uint64_t{1} << 25;  // pairs
constexpr uint32_t kCandidates = 16;
constexpr uint64_t kFewRows = uint64_t{1} << 20;
constexpr uint32_t kMisses = 1 << 14;  // rows drawn at random with nothing new, before there are no more

bool has_empty_axis(const CoveringRequest& request) {
  return std::ranges::any_of(request.sizes, [](uint32_t size) { return size == 0; });
}

bool can_search(const std::vector<uint32_t>& sizes) {
  uint64_t pairs = 0, before = 0;
  for (const uint32_t size : sizes) {
    pairs += before * size;
    if (pairs > kMostPairsToSearch) return false;
    before += size;
  }
  return true;
}

// Rows that cover all pairs, or only `limit` of them where there are too many pairs to search; 0: no limit.
RowList make_covering(AllowedRows& space, size_t limit, Draws& draws) {
  const std::vector<uint32_t>& sizes = space.sizes();
  if (!space.has_condition() && sizes[0] <= 2) return build_binary_rows(sizes);
  const size_t least = space.least_rows();
  const bool searchable = can_search(sizes);
  if (limit >= least || searchable) limit = 0;
  RowList best = build_rows(space, {.on_lines = true, .limit = limit}, draws);
  if (!searchable || best.size() == least) return best;
  const uint64_t a_build = best.size() * sizes.size() * sizes.size() * kCandidates;
  for (uint64_t spent = a_build; spent < kGreedyEffort && spent <= 4 * a_build; spent += a_build) {
    RowList rows = build_rows(space, {.candidates = kCandidates}, draws);
    if (rows.size() < best.size()) best = std::move(rows);
  }
  return reduce_rows(space, std::move(best), std::min(kSearchEffort, kEffortAPair * space.possible().size()),
                     draws);
}

// Each next row is one with the most pairs that are new then, `count` rows at most. Rows wait by how many
// pairs they had when last looked at, which can only have become fewer.
RowList order_by_new_pairs(const AllowedRows& space, const RowList& rows, size_t count, Draws& draws) {
  PairSet open = space.possible();
  RowList ordered(rows.width());
  std::vector<std::vector<uint32_t>> waiting(rows.width() * (rows.width() - 1) / 2 + 1);
  for (uint32_t row = 0; row < rows.size(); ++row) waiting.back().push_back(row);
  draws.shuffle(waiting.back());
  for (size_t pairs = waiting.size(); pairs-- > 0 && ordered.size() < count;) {
    for (size_t i = 0; i < waiting[pairs].size() && ordered.size() < count; ++i) {
      const uint32_t row = waiting[pairs][i];
      const size_t now = open.count_row(rows[row]);
      if (now < pairs) {
        waiting[now].push_back(row);
      } else {
        open.erase_row(rows[row]);
        ordered.push(rows[row]);
      }
    }
  }
  return ordered;
}

// Adds random allowed rows up to `count`.
class Extension {
 public:
  Extension(AllowedRows& space, RowList& rows, size_t count, Draws& draws)
      : space_(space), rows_(rows), count_(count), draws_(draws) {
    for (size_t row = 0; row < rows.size(); ++row) known_.insert(space.number_of(rows[row]));
  }

  void extend() {
    if (rows_.size() >= count_) return;
    if (space_.product() <= kFewRows || space_.product() / 4 <= count_) {
      take_of_all();
    } else {
      draw(false);
      if (rows_.size() > 0) draw(true);  // where few are allowed, more are found near those known
    }
  }

 private:
  void take_of_all() {
    std::vector<uint64_t> others;
    uint64_t number = 0;
    std::vector<uint32_t> row = space_.row_of(0);
    do {
      if (!known_.contains(number) && space_.contains(row)) others.push_back(number);
      ++number;
    } while (space_.advance(row));
    for (size_t i = 0; i < others.size() && rows_.size() < count_; ++i) {
      std::swap(others[i], others[i + draws_.below(static_cast<uint32_t>(others.size() - i))]);
      rows_.push(space_.row_of(others[i]));
    }
  }

  void draw(bool near_known) {
    for (uint32_t misses = 0; misses < kMisses && rows_.size() < count_; ++misses) {
      std::vector<uint32_t> row = space_.random_row(draws_);
      if (near_known) {
        const RowView known = rows_[draws_.below(static_cast<uint32_t>(rows_.size()))];
        for (size_t axis = 0; axis < row.size(); ++axis) {
          if (draws_.below(static_cast<uint32_t>(row.size())) > 1) row[axis] = known[axis];
        }
      }
      if (!space_.contains(row) || !known_.insert(space_.number_of(row)).second) continue;
      rows_.push(row);
      misses = 0;
    }
  }

  AllowedRows& space_;
  RowList& rows_;
  size_t count_;
  Draws& draws_;
  std::unordered_set<uint64_t> known_;
};

CoveringRows to_request(const AllowedRows& space, const RowList& rows) {
  CoveringRows out;
  out.reserve(rows.size());
  for (size_t row = 0; row < rows.size(); ++row) out.push_back(space.to_request(rows[row]));
  return out;
}

}  // namespace

CoveringRows cover_pairs(const CoveringRequest& request) {
  if (has_empty_axis(request)) return {};
  Draws draws(request.seed);
  AllowedRows space(request, draws);
  return to_request(space, make_covering(space, 0, draws));
}

CoveringRows sample_rows(const CoveringRequest& request, size_t count) {
  if (has_empty_axis(request) || count == 0) return {};
  Draws draws(request.seed);
  AllowedRows space(request, draws);
  RowList rows = order_by_new_pairs(space, make_covering(space, count, draws), count, draws);
  Extension(space, rows, count, draws).extend();
  return to_request(space, rows);
}

}  // namespace testloom
