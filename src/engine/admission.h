// Which test may start now: what tests are predicted to need, against what this machine has and what others
// hold. Knows nothing of processes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace testloom {

// What a test holds while it runs.
struct Claim {
  std::string hardware_type;
  int cores = 1;
  bool exclusive = false;     // the host's cores and its device's slot for itself
  bool whole_memory = false;  // all memory where it runs for itself, since how much it takes is the question
  int64_t host_bytes = 0;
  int64_t device_bytes = 0;  // 0 on a cpu
};

// The host: what all tests together may take.
struct HostRoom {
  int jobs = 1;  // tests at once
  int cores = 1;
  int64_t memory_bytes = 0;  // 0: not known, and not looked at
};

// A place for tests on one device. Tests share it as far as its memory goes; where that is not known, it is
// for one at a time. The host's processor is a slot without a limit of its own.
struct Slot {
  std::string name;  // "cpu", "cuda:0"
  std::string hardware_type;
  std::string visible;  // what makes this device the only one that is seen, as CUDA_VISIBLE_DEVICES takes it
  int64_t memory_bytes = 0;  // 0: not known
  bool is_host = false;
  bool is_open = true;        // closed while its health is in doubt, and for ever where it is bad
  std::string closed_reason;  // why it was closed for ever; empty: it was not

  int running = 0;
  bool is_exclusive = false;  // what runs has it for itself
  int64_t claimed_bytes = 0;
};

enum class WaitsFor { nothing, host, slot };

struct Placement {
  WaitsFor waits_for = WaitsFor::nothing;
  size_t slot = 0;  // where it can start now, if it waits for nothing
};

class Admission {
 public:
  // `absent` says of hardware types without a slot why that is so. With `overcommit`, what can never fit may
  // run alone.
  Admission(HostRoom host, std::vector<Slot> slots, std::map<std::string, std::string> absent,
            bool overcommit);

  bool has_hardware(const std::string& hardware_type) const;
  // Why the test can never run on this machine; nothing where it can.
  std::optional<std::string> never(const Claim& claim) const;
  // REQUIRES: never() has no reason.
  Placement place(const Claim& claim) const;
  void take(size_t slot, const Claim& claim);
  void give_back(size_t slot, const Claim& claim);

  const std::vector<Slot>& slots() const { return slots_; }
  const HostRoom& host() const { return host_; }
  void close(size_t slot) { slots_[slot].is_open = false; }
  void open(size_t slot) { slots_[slot].is_open = true; }
  void close_for_good(size_t slot, std::string reason);

 private:
  Claim clamped(const Claim& claim) const;
  bool is_on_host(const Claim& claim) const;
  bool fits_slot(const Slot& slot, const Claim& claim) const;

  HostRoom host_;
  std::vector<Slot> slots_;
  std::map<std::string, std::string> absent_;
  bool overcommit_;
  int running_ = 0;
  int cores_ = 0;
  bool is_exclusive_ = false;
  int64_t memory_bytes_ = 0;
};

}  // namespace testloom
