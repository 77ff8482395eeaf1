#include "plan/covering/covering_listed.h"

#include <cstddef>
#include <set>
#include <tuple>

namespace testloom {

namespace {

using Value = std::pair<size_t, uint32_t>;  // axis, and value on it

std::set<Value> values_of(const ListedRows& listed, const std::vector<uint32_t>& kinds) {
  std::set<Value> values;
  for (const uint32_t kind : kinds) {
    for (size_t axis = 0; axis < listed.kinds[kind].size(); ++axis)
      values.emplace(axis, listed.kinds[kind][axis]);
  }
  return values;
}

size_t count_lacking(const std::vector<uint32_t>& kind, const std::set<Value>& lacking) {
  size_t count = 0;
  for (size_t axis = 0; axis < kind.size(); ++axis) count += lacking.contains({axis, kind[axis]});
  return count;
}

}  // namespace

std::vector<std::pair<uint32_t, uint32_t>> cover_listed(const ListedRows& listed) {
  std::set<std::pair<uint32_t, uint32_t>> rows;
  std::vector<uint32_t> times(listed.kinds.size(), 0);  // that a kind was taken
  const auto take = [&](uint32_t subject, uint32_t kind) {
    times[kind] += rows.emplace(subject, kind).second;
  };
  for (uint32_t subject = 0; subject < listed.of_subject.size(); ++subject) {
    const std::vector<uint32_t>& kinds = listed.of_subject[subject];
    std::set<Value> lacking = values_of(listed, kinds);
    while (!lacking.empty()) {
      uint32_t best = kinds.front();
      size_t most = 0;
      for (const uint32_t kind : kinds) {
        const size_t lacks = count_lacking(listed.kinds[kind], lacking);
        if (std::pair(lacks, times[best]) > std::pair(most, times[kind]))
          std::tie(best, most) = std::pair(kind, lacks);
      }
      for (size_t axis = 0; axis < listed.kinds[best].size(); ++axis)
        lacking.erase({axis, listed.kinds[best][axis]});
      take(subject, best);
    }
  }
  for (uint32_t subject = 0; subject < listed.of_subject.size(); ++subject) {
    for (const uint32_t kind : listed.of_subject[subject]) {
      if (times[kind] == 0) take(subject, kind);
    }
  }
  return {rows.begin(), rows.end()};
}

}  // namespace testloom
