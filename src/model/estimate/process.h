// What a process takes before any model is in it, and what libraries leave behind: measured, see
// docs/estimates.md.
#pragma once

#include <string_view>

#include "model/estimate/tape.h"

namespace testloom {

struct ProcessFigures {
  std::string_view torch;   // from this version of torch on
  double base_bytes;        // the interpreter with torch and transformers imported
  double class_bytes;       // a model's class imported, and the model's modules
  double first_pass_bytes;  // code and tables that the first forward pass touches
  double generate_bytes;    // what the first generate imports
  Gemm gemm;
  bool old_heads;     // of transformers 4, where heads are apart that version 5 ties to the embeddings
  bool maps_weights;  // from_pretrained maps the file, where older ones hold the weights twice for a moment
};

// For a version such as "2.5.1+cu124"; a version before all that are known is taken for the first.
const ProcessFigures& process_figures(std::string_view torch);

// The first two numbers of a version; 0 where there are none.
struct Version {
  int major = 0;
  int minor = 0;
};
Version version_of(std::string_view text);

// How fast a device is.
struct DeviceRates {
  double flops_a_second = 0;     // of dense products in float32, as PyTorch does them
  double flops_a_second_16 = 0;  // in float16 or bfloat16
  double bytes_a_second = 0;     // of the device's memory
  double call_seconds = 0;       // from one operator to the next
};

// A device beside the host's memory.
struct DeviceFigures {
  std::string_view hardware_type;
  double context_bytes;  // the driver's context and the libraries' code and workspaces, on the device
  double host_bytes;     // what the device's libraries take in the process
  DeviceRates rates;     // of the kind of device; those of one machine are measured by `doctor --measure`
};

// For a hardware type; types that are not known are taken for cuda. Never null.
const DeviceFigures& device_figures(std::string_view hardware_type);
bool is_known_hardware(std::string_view hardware_type);
bool is_host(std::string_view hardware_type);  // "cpu"

}  // namespace testloom
