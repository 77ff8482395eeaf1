// What a test will take in memory, from its model's config and what it does, before it runs. Formulas and
// their sources: docs/estimates.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/config/config.h"
#include "model/estimate/tape.h"
#include "model/estimate/workload.h"

namespace testloom {

struct MemoryTerm {
  std::string_view name;
  int64_t bytes = 0;
};

struct Estimate {
  int64_t parameters = 0;
  bool parameters_exact = false;
  int64_t weight_bytes = 0;
  // Of the process, in the host's memory, from its start to its end; and of its forward pass (or generate)
  // alone, which is resident at the same time as everything else. On the host these are the figures that
  // count.
  int64_t peak_process_bytes = 0;
  int64_t peak_forward_bytes = 0;
  // In the device's memory; 0 where the device is the host.
  int64_t peak_device_bytes = 0;
  // The terms of peak_forward_bytes on the host, else of peak_device_bytes. They add up to it.
  std::vector<MemoryTerm> terms;
  double seconds = 0;        // of the forward pass or generate, by a roofline
  double flops = 0;          // of it
  std::string origin;        // "config", "name" or "prior"
  std::string why;           // what the name said; empty where the origin is no name
  std::string model_type;    // whose code was followed
  std::string architecture;  // the class; empty where none is known
};

// A call as it was written down, from which the estimates of all kinds of devices, or the host's, follow: the
// costly half of estimate_memory().
struct TracedCall {
  Estimate known;             // what does not depend on the device
  Mode mode = Mode::forward;  // never automatic
  bool is_host = true;
  double weights = 0, buffers = 0, inputs = 0;  // bytes
  Tape::Peak peak;
  double traffic = 0;  // bytes, weights included
  double calls = 0;
};

// Throws as estimate_memory().
TracedCall trace_call(const ModelConfig& config, const Workload& work);
// For a workload that differs from the traced one in device and rates alone, and not between host and device.
Estimate estimate_of_call(const TracedCall& traced, const Workload& work);

// The memory that a limit is about: the process's peak on the host, else the device's.
int64_t needed_bytes(const Estimate& estimate, const Workload& work);

// Throws an Error (usage) for a workload that makes no sense.
void check_workload(const Workload& work);

// Throws an Error (spec) for a config that no model can have, (usage) for a workload that makes no sense:
// sizes below 1 or above largest_workload_number, an unknown dtype.
Estimate estimate_memory(const ModelConfig& config, const Workload& work);

inline constexpr int64_t largest_workload_number = 1'000'000'000;

// The seconds that work of this size takes on a device: the longer of computing and moving bytes, and the
// time that calls take whatever they do.
double estimate_time(double flops, double bytes, double calls, std::string_view hardware_type,
                     std::string_view dtype);
double estimate_time(double flops, double bytes, double calls, const DeviceRates& rates,
                     std::string_view dtype);

}  // namespace testloom
