#include "model/estimate/correction_table.h"

#include <tuple>

namespace testloom {

namespace {

using Groups = std::map<std::string, std::vector<Observation>, std::less<>>;  // by architecture

Correction fit(const std::vector<Observation>& observations, CorrectionKind kind, const Correction& prior) {
  return kind == CorrectionKind::memory ? fit_correction(observations, prior)
                                        : fit_time_correction(observations, prior);
}

// What is known of a device without one architecture. Tests of one architecture err alike, so that many tell
// little more than one about another: each counts as two at most.
Correction fit_others(const Groups& groups, const std::string* left_out, CorrectionKind kind) {
  std::vector<Observation> all;
  for (const auto& [model_type, observations] : groups) {
    if (left_out && model_type == *left_out) continue;
    const auto count = static_cast<double>(observations.size());
    for (Observation each : observations) {
      each.weight = model_type.empty() ? 1 : 2 / (1 + count);
      all.push_back(each);
    }
  }
  return fit(all, kind, {});
}

}  // namespace

CorrectionTable fit_corrections(const std::vector<KeyedObservation>& observations, CorrectionKind kind) {
  std::map<std::string, Groups> devices;
  for (const KeyedObservation& each : observations)
    devices[each.key.hardware_type][each.key.model_type].push_back(each.observation);
  CorrectionTable table;
  for (const auto& [hardware_type, groups] : devices) {
    const Correction any = fit_others(groups, nullptr, kind);
    if (any.points > 0) table[{hardware_type, ""}] = any;
    for (const auto& [model_type, own] : groups) {
      if (model_type.empty()) continue;
      const Correction correction = fit(own, kind, fit_others(groups, &model_type, kind));
      if (correction.points > 0) table[{hardware_type, model_type}] = correction;
    }
  }
  return table;
}

const Correction* find_correction(const CorrectionTable& table, std::string_view hardware_type,
                                  std::string_view model_type) {
  auto found = table.find({std::string(hardware_type), std::string(model_type)});
  if (found == table.end()) found = table.find({std::string(hardware_type), ""});
  return found == table.end() ? nullptr : &found->second;
}

}  // namespace testloom
