// Corrections by what they are for: a device and an architecture, or a device and any architecture.
#pragma once

#include <compare>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/estimate/calibration.h"

namespace testloom {

struct CorrectionKey {
  std::string hardware_type;
  std::string model_type;  // empty: any other architecture
  auto operator<=>(const CorrectionKey&) const = default;
};

struct KeyedObservation {
  CorrectionKey key;
  Observation observation;
};

using CorrectionTable = std::map<CorrectionKey, Correction>;

// A correction for each key that has observations, pulled to the correction that the hardware type's other
// architectures have together; and one for each hardware type and any other architecture, in which an
// architecture counts as two tests at most. Observations without a model_type count for the latter alone.
CorrectionTable fit_corrections(const std::vector<KeyedObservation>& observations,
                                CorrectionKind kind = CorrectionKind::memory);

// The key's own, else that of the hardware type, else null.
const Correction* find_correction(const CorrectionTable& table, std::string_view hardware_type,
                                  std::string_view model_type);

}  // namespace testloom
