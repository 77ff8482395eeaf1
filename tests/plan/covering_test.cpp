// Samples against a naive check: every pair that an allowed row has is in some row, and in few rows.
#include "plan/covering/covering.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "plan/covering/covering_field.h"
#include "plan/covering/covering_listed.h"
#include "plan/covering/covering_rows.h"

namespace testloom {
namespace {

using Row = std::vector<uint32_t>;
using Pairs = std::set<std::tuple<size_t, uint32_t, size_t, uint32_t>>;

void add_pairs(Pairs& pairs, const Row& row) {
  for (size_t a = 0; a < row.size(); ++a) {
    if (row.size() == 1) pairs.insert({a, row[a], a, row[a]});
    for (size_t b = a + 1; b < row.size(); ++b) pairs.insert({a, row[a], b, row[b]});
  }
}

Pairs pairs_of(const CoveringRows& rows) {
  Pairs pairs;
  for (const Row& row : rows) add_pairs(pairs, row);
  return pairs;
}

// Every row that is allowed, by trying them all.
CoveringRows all_rows(const CoveringRequest& request) {
  CoveringRows rows;
  Row row(request.sizes.size());
  for (;;) {
    if (!request.allowed || request.allowed(row)) rows.push_back(row);
    size_t axis = 0;
    for (; axis < row.size(); row[axis++] = 0) {
      if (++row[axis] < request.sizes[axis]) break;
    }
    if (axis == row.size()) return rows;
  }
}

size_t count_pairs(const std::vector<uint32_t>& sizes) {
  size_t pairs = 0;
  for (size_t a = 0; a < sizes.size(); ++a) {
    for (size_t b = a + 1; b < sizes.size(); ++b) pairs += size_t{sizes[a]} * sizes[b];
  }
  return pairs;
}

void expect_valid(const CoveringRequest& request, const CoveringRows& rows) {
  EXPECT_EQ(std::set<Row>(rows.begin(), rows.end()).size(), rows.size()) << "a row is there twice";
  for (const Row& row : rows) {
    ASSERT_EQ(row.size(), request.sizes.size());
    for (size_t axis = 0; axis < row.size(); ++axis) ASSERT_LT(row[axis], request.sizes[axis]);
    ASSERT_TRUE(!request.allowed || request.allowed(row));
  }
}

std::vector<uint32_t> axes(const std::vector<std::pair<uint32_t, size_t>>& groups) {
  std::vector<uint32_t> sizes;
  for (const auto& [size, count] : groups) sizes.insert(sizes.end(), count, size);
  return sizes;
}

struct SizeCase {
  std::vector<uint32_t> sizes;
  size_t least, most;  // rows
};

const SizeCase kSizeCases[] = {
    {axes({{3, 4}}), 9, 9},       {axes({{4, 5}}), 16, 16},
    {axes({{9, 10}}), 81, 81},    {axes({{3, 13}}), 15, 16},
    {axes({{4, 10}}), 16, 26},    {axes({{4, 15}, {3, 17}, {2, 29}}), 16, 32},
    {axes({{2, 100}}), 10, 10},   {axes({{2, 126}}), 10, 10},
    {axes({{2, 127}}), 11, 11},   {axes({{1, 3}, {2, 3}, {1, 1}}), 4, 4},
    {axes({{10, 20}}), 100, 190}, {{2, 3, 20, 4, 10, 5}, 200, 200},
    {{100, 70, 80}, 8000, 8000},
};

TEST(Covering, CoversAllPairsInFewRows) {
  for (const SizeCase& wanted : kSizeCases) {
    SCOPED_TRACE(testing::PrintToString(wanted.sizes));
    const CoveringRequest request{wanted.sizes, nullptr};
    const CoveringRows rows = cover_pairs(request);
    expect_valid(request, rows);
    EXPECT_EQ(pairs_of(rows).size(), count_pairs(wanted.sizes));
    EXPECT_GE(rows.size(), wanted.least);
    EXPECT_LE(rows.size(), wanted.most);
  }
}

// Pairs of the huge axis are bits of its values' masks; a set of them would take longer than the rows.
void expect_huge_covered(const CoveringRows& rows, size_t pairs) {
  constexpr size_t kWidth = 32;
  std::vector<bool> seen(100'000 * 4 * kWidth);
  size_t found = 0;
  for (const Row& row : rows) {
    for (size_t axis = 1; axis < row.size(); ++axis) {
      const bool before = seen[(row[0] * size_t{4} + axis) * kWidth + row[axis]];
      found += !before;
      seen[(row[0] * size_t{4} + axis) * kWidth + row[axis]] = true;
    }
  }
  EXPECT_EQ(found, pairs);
}

TEST(Covering, OneAxisMayBeHuge) {
  CoveringRequest request{{100'000, 5, 10, 3}, nullptr};
  CoveringRows rows = cover_pairs(request);
  EXPECT_EQ(rows.size(), 1'000'000u);
  expect_huge_covered(rows, 1'800'000);
  request.allowed = [](std::span<const uint32_t> row) { return row[0] % 2 == 0 || row[2] != 7; };
  rows = cover_pairs(request);
  EXPECT_LE(rows.size(), 951'000u);
  expect_huge_covered(rows, 1'750'000);
  EXPECT_TRUE(std::ranges::all_of(rows, request.allowed));
}

TEST(Covering, FewOfManyPairsMayBePossible) {
  const CoveringRequest request{{1500, 1500, 2}, [](auto row) { return row[0] == row[1]; }};
  const CoveringRows rows = cover_pairs(request);
  expect_valid(request, rows);
  EXPECT_EQ(rows.size(), 3000u);
}

TEST(Covering, WhatHasNoPairs) {
  EXPECT_EQ(cover_pairs({{}, nullptr}), CoveringRows{Row{}});
  EXPECT_EQ(sample_rows({{}, nullptr}, 5), CoveringRows{Row{}});
  EXPECT_EQ(cover_pairs({{}, [](auto) { return false; }}), CoveringRows{});
  EXPECT_EQ(cover_pairs({{1, 1, 1}, nullptr}), (CoveringRows{{0, 0, 0}}));
  EXPECT_EQ(cover_pairs({{3, 0, 2}, nullptr}), CoveringRows{});
  EXPECT_EQ(sample_rows({{3, 0, 2}, nullptr}, 5), CoveringRows{});
  CoveringRows rows = cover_pairs({{3}, nullptr});
  std::ranges::sort(rows);
  EXPECT_EQ(rows, (CoveringRows{{0}, {1}, {2}}));
  rows = cover_pairs({{1, 3, 1}, [](auto row) { return row[1] != 1; }});
  std::ranges::sort(rows);
  EXPECT_EQ(rows, (CoveringRows{{0, 0, 0}, {0, 2, 0}}));
}

// Too many rows to try them all; what is impossible is told by hand.
struct ConditionCase {
  const char* what;
  std::vector<uint32_t> sizes;
  bool (*allowed)(std::span<const uint32_t> row);
  size_t impossible;  // pairs
  size_t most;        // rows
};

const ConditionCase kConditionCases[] = {
    {"one pair is out", axes({{3, 20}}), [](auto row) { return !(row[0] == 0 && row[1] == 1); }, 1, 20},
    {"one value is out", axes({{4, 12}}), [](auto row) { return row[5] != 2; }, 44, 28},
    {"a triple is out", axes({{5, 10}}),
     [](auto row) { return !(row[1] == 0 && row[5] == 1 && row[7] == 1); }, 0, 45},
    {"values that go together", axes({{4, 12}}), [](auto row) { return row[3] == row[8]; }, 12, 28},
    {"two times values that go together", axes({{20, 6}}),
     [](auto row) { return row[0] == row[1] && row[3] == row[4]; }, 760, 460},
    {"one row in five", axes({{3, 13}}),
     [](auto row) {
       uint32_t sum = 0;
       for (const uint32_t value : row) sum += value;
       return sum % 5 == 0;
     },
     0, 21},
    {"a pair of many axes", axes({{4, 15}, {3, 17}, {2, 29}}),
     [](auto row) { return !(row[0] == 0 && row[60] == 1) && !(row[20] == 1 && row[4] > 1); }, 3, 32},
    {"none", axes({{4, 30}}), [](auto) { return false; }, 435 * 16, 0},
};

TEST(Covering, LeavesOutWhatNoAllowedRowHas) {
  for (const ConditionCase& wanted : kConditionCases) {
    SCOPED_TRACE(wanted.what);
    const CoveringRequest request{wanted.sizes, wanted.allowed};
    const CoveringRows rows = cover_pairs(request);
    expect_valid(request, rows);
    EXPECT_EQ(pairs_of(rows).size(), count_pairs(wanted.sizes) - wanted.impossible);
    EXPECT_LE(rows.size(), wanted.most);
  }
}

// Of 10^6 rows each is tried, so that even one that no search would meet is found.
TEST(Covering, FindsTheFewRowsThereAre) {
  const Row only = {3, 1, 4, 1, 5, 9}, other = {2, 7, 1, 8, 2, 8};
  const CoveringRequest request{axes({{10, 6}}), [&](std::span<const uint32_t> row) {
                                  return std::ranges::equal(row, only) || std::ranges::equal(row, other);
                                }};
  CoveringRows rows = cover_pairs(request);
  std::ranges::sort(rows);
  EXPECT_EQ(rows, (CoveringRows{other, only}));
  EXPECT_EQ(sample_rows(request, 100).size(), 2u);
  EXPECT_EQ(sample_rows(request, 1).size(), 1u);
}

// Axes, and conditions that each look at one to three of them, or at a hash of the row.
CoveringRequest random_request(Draws& draws) {
  CoveringRequest request{{}, nullptr, draws.next()};
  const uint32_t count = 1 + draws.below(5);
  for (uint32_t i = 0; i < count; ++i) request.sizes.push_back(1 + draws.below(i == 0 ? 9 : 4));
  std::vector<std::vector<std::pair<size_t, uint32_t>>> out(draws.below(6));
  for (auto& cells : out) {
    for (uint32_t i = 1 + draws.below(3); i > 0; --i) {
      const uint32_t axis = draws.below(count);
      cells.emplace_back(axis, draws.below(request.sizes[axis]));
    }
  }
  const uint32_t one_in = draws.below(3) == 0 ? 2 + draws.below(40) : 1;
  if (draws.below(4) == 0) return request;
  request.allowed = [out, one_in](std::span<const uint32_t> row) {
    uint64_t hash = 1;
    for (const uint32_t value : row) hash = Draws::mix(hash + value);
    return hash % one_in == 0 && std::ranges::none_of(out, [&](const auto& cells) {
             return std::ranges::all_of(cells,
                                        [&](const auto& cell) { return row[cell.first] == cell.second; });
           });
  };
  return request;
}

TEST(Covering, AgreesWithBruteForce) {
  Draws draws(7);
  for (int i = 0; i < 300; ++i) {
    SCOPED_TRACE(i);
    const CoveringRequest request = random_request(draws);
    const CoveringRows all = all_rows(request), rows = cover_pairs(request);
    expect_valid(request, rows);
    EXPECT_EQ(pairs_of(rows), pairs_of(all));
    const size_t count = draws.below(static_cast<uint32_t>(all.size() + 3));
    const CoveringRows sample = sample_rows(request, count);
    expect_valid(request, sample);
    EXPECT_EQ(sample.size(), std::min(count, all.size()));
    if (count >= rows.size()) {
      EXPECT_EQ(pairs_of(sample), pairs_of(all));
    }
  }
}

TEST(Covering, StartsOfSamplesCoverMuch) {
  const CoveringRequest request{axes({{5, 4}, {3, 6}, {2, 8}}), nullptr};
  const CoveringRows covering = cover_pairs(request), all = sample_rows(request, 100);
  ASSERT_EQ(all.size(), 100u);
  expect_valid(request, all);
  const size_t pairs = count_pairs(request.sizes);
  for (const auto& [count, part] : {std::pair<size_t, double>{1, 0.1}, {5, 0.46}, {10, 0.72}, {20, 0.94}}) {
    const CoveringRows start = sample_rows(request, count);
    EXPECT_EQ(start, CoveringRows(all.begin(), all.begin() + static_cast<ptrdiff_t>(count)));
    EXPECT_GE(static_cast<double>(pairs_of(start).size()), part * static_cast<double>(pairs)) << count;
  }
  EXPECT_EQ(pairs_of(sample_rows(request, covering.size())).size(), pairs);
}

TEST(Covering, SamplesOfHugeAxesAreSpread) {
  const CoveringRequest request{{1'000'000, 40, 30}, nullptr};
  const CoveringRows rows = sample_rows(request, 2000);
  expect_valid(request, rows);
  EXPECT_EQ(rows.size(), 2000u);
  EXPECT_EQ(pairs_of(rows).size(), 2000u * 2 + 40 * 30);
  std::set<uint32_t> values;
  for (const Row& row : rows) values.insert(row[0]);
  EXPECT_EQ(values.size(), 2000u);
}

TEST(Covering, SamplesMayBeNearlyEverything) {
  const CoveringRequest request{{200, 100, 60}, [](auto row) { return row[0] != row[1]; }};
  EXPECT_EQ(sample_rows(request, 1'193'999).size(), 1'193'999u);
  EXPECT_EQ(sample_rows(request, 1'200'000).size(), 1'194'000u);
}

uint64_t digest_of(const CoveringRows& rows) {
  uint64_t digest = rows.size();
  for (const Row& row : rows) {
    for (const uint32_t value : row) digest = Draws::mix(digest + value);
  }
  return digest;
}

// Pinned, since a plan made on another machine is to be the same.
TEST(Covering, SameSeedSameRows) {
  const auto any_two = [](auto row) { return row[0] == 0 || row[1] == 0 || row[2] == 0; };
  EXPECT_EQ(digest_of(sample_rows({axes({{3, 13}}), nullptr}, 30)), 9240356596071107157u);
  EXPECT_EQ(digest_of(sample_rows({axes({{4, 11}}), any_two, 5}, 50)), 11041617616691376324u);
  EXPECT_EQ(digest_of(sample_rows({axes({{3, 5}}), any_two}, 50)), 2696019259785100809u);
  EXPECT_NE(sample_rows({axes({{3, 5}}), nullptr, 1}, 50), sample_rows({axes({{3, 5}}), nullptr, 2}, 50));
}

TEST(Covering, FieldsHaveLines) {
  const std::pair<uint32_t, uint32_t> sizes[] = {{1, 2},   {4, 4},   {6, 7},     {8, 8},     {9, 9},
                                                 {24, 25}, {26, 27}, {120, 121}, {126, 127}, {129, 131}};
  for (const auto& [at_least, size] : sizes) {
    const Field field(at_least);
    ASSERT_EQ(field.size(), size);
    for (uint32_t slope = 1; slope < size; slope += 1 + size / 10) {  // lines of two slopes meet in one point
      std::set<std::pair<uint32_t, uint32_t>> met;
      for (uint32_t x = 0; x < size; ++x) {
        for (uint32_t y = 0; y < size; ++y) met.emplace(field.on_line(x, slope, y), field.on_line(x, 0, y));
      }
      EXPECT_EQ(met.size(), size_t{size} * size) << size << ' ' << slope;
      met.clear();
      for (uint32_t x = 0; x < size && slope > 1; ++x) {
        for (uint32_t y = 0; y < size; ++y) met.emplace(field.on_line(x, slope, y), field.on_line(x, 1, y));
      }
      EXPECT_TRUE(slope == 1 || met.size() == size_t{size} * size) << size << ' ' << slope;
    }
  }
}

// Naively: each kind, and each value with each subject.
TEST(CoveringListed, EachKindAndEachValueOfEachSubjectIsTaken) {
  uint64_t state = 1;
  const auto random = [&](uint32_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>((state >> 33) % below);
  };
  for (int round = 0; round < 200; ++round) {
    ListedRows listed;
    for (uint32_t kind = 0; kind < 1 + random(30); ++kind)
      listed.kinds.push_back({random(3), random(5), random(2)});
    for (uint32_t subject = 0; subject < 1 + random(6); ++subject) {
      listed.of_subject.emplace_back();
      for (uint32_t kind = 0; kind < listed.kinds.size(); ++kind)
        if (random(3) > 0) listed.of_subject.back().push_back(kind);
    }
    const auto rows = cover_listed(listed);
    EXPECT_EQ(rows, cover_listed(listed));
    const std::set<std::pair<uint32_t, uint32_t>> taken(rows.begin(), rows.end());
    EXPECT_EQ(taken.size(), rows.size());
    using Values = std::set<std::tuple<uint32_t, size_t, uint32_t>>;
    std::set<uint32_t> kinds, taken_kinds;
    Values values, taken_values;
    for (uint32_t subject = 0; subject < listed.of_subject.size(); ++subject) {
      for (const uint32_t kind : listed.of_subject[subject]) {
        for (const bool all : {true, false}) {
          if (!all && !taken.contains({subject, kind})) continue;
          (all ? kinds : taken_kinds).insert(kind);
          for (size_t axis = 0; axis < 3; ++axis)
            (all ? values : taken_values).insert({subject, axis, listed.kinds[kind][axis]});
        }
      }
    }
    EXPECT_EQ(kinds, taken_kinds);
    EXPECT_EQ(values, taken_values);
  }
}

}  // namespace
}  // namespace testloom
