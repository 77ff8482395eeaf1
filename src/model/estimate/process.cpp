#include "model/estimate/process.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace testloom {

namespace {

constexpr double MB = 1e6;

// Debian's torch 1.13 with OpenBLAS, PyPI's torch 2.5.1 and 2.15 with CUDA's libraries and MKL.
constexpr std::array<ProcessFigures, 3> processes = {{
    {"1.0", 260 * MB, 16.5 * MB, 6.5 * MB, 2 * MB, Gemm::openblas, true, false},
    {"2.0", 406 * MB, 51.5 * MB, 13 * MB, 69 * MB, Gemm::mkl, true, true},
    {"2.8", 575 * MB, 194 * MB, 13 * MB, 3 * MB, Gemm::mkl, false, true},
}};

// A host with two cores; an accelerator of the data centre; a laptop's. An H200 with CUDA 13 was seen to take
// 651 MB for the context, 726 with what products and convolutions load. Peak figures of data sheets, of which
// half is taken for what products reach.
constexpr std::array<DeviceFigures, 4> devices = {{
    {"cpu", 0, 0, {40e9, 5e9, 10e9, 20e-6}},
    {"cuda", 700 * MB, 600 * MB, {30e12, 150e12, 1.0e12, 10e-6}},
    {"rocm", 700 * MB, 800 * MB, {40e12, 150e12, 1.2e12, 15e-6}},
    {"mps", 100 * MB, 200 * MB, {4e12, 6e12, 100e9, 20e-6}},
}};

}  // namespace

Version version_of(std::string_view text) {
  Version version;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, version.major);
  if (error == std::errc() && at != end && *at == '.') std::from_chars(at + 1, end, version.minor);
  return version;
}

const ProcessFigures& process_figures(std::string_view torch) {
  const Version asked = version_of(torch);
  const ProcessFigures* best = &processes.front();
  for (const ProcessFigures& row : processes) {
    const Version from = version_of(row.torch);
    if (std::pair(from.major, from.minor) <= std::pair(asked.major, asked.minor)) best = &row;
  }
  return *best;
}

const DeviceFigures& device_figures(std::string_view hardware_type) {
  const auto found = std::ranges::find(devices, hardware_type, &DeviceFigures::hardware_type);
  return found == devices.end() ? devices[1] : *found;
}

bool is_known_hardware(std::string_view hardware_type) {
  return std::ranges::find(devices, hardware_type, &DeviceFigures::hardware_type) != devices.end();
}

bool is_host(std::string_view hardware_type) { return hardware_type == "cpu"; }

}  // namespace testloom
