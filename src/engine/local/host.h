// This machine: what tests may take of it, and what is written down about it with each run.
#pragma once

#include <cstdint>
#include <string>

namespace testloom {

struct HostFacts {
  std::string name;
  int cores = 1;                // that this process may use
  int64_t memory_bytes = 0;     // of the machine, or of the container that this is; 0: not known
  int64_t available_bytes = 0;  // of it, now
  std::string processor;
  std::string system;         // the kernel with its version
  std::string nvidia_driver;  // empty: none
};

HostFacts host_facts();
std::string json_of(const HostFacts& facts);

}  // namespace testloom
