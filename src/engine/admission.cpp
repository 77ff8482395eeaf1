#include "engine/admission.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "base/units.h"

namespace testloom {

namespace {

std::string size(int64_t bytes) { return show_bytes(static_cast<double>(bytes)); }

}  // namespace

Admission::Admission(HostRoom host, std::vector<Slot> slots, std::map<std::string, std::string> absent,
                     bool overcommit)
    : host_(host), slots_(std::move(slots)), absent_(std::move(absent)), overcommit_(overcommit) {}

bool Admission::has_hardware(const std::string& hardware_type) const {
  return std::any_of(slots_.begin(), slots_.end(),
                     [&](const Slot& slot) { return slot.hardware_type == hardware_type; });
}

std::optional<std::string> Admission::never(const Claim& claim) const {
  bool is_usable = false;
  int64_t largest = 0;
  std::string closed;
  for (const Slot& slot : slots_) {
    if (slot.hardware_type != claim.hardware_type) continue;
    if (!slot.closed_reason.empty()) {
      closed = slot.closed_reason;
      continue;
    }
    is_usable = true;
    largest = slot.memory_bytes == 0 ? INT64_MAX : std::max(largest, slot.memory_bytes);
  }
  if (!has_hardware(claim.hardware_type)) {
    const auto absent = absent_.find(claim.hardware_type);
    return absent == absent_.end() ? fmt::format("no {} device here", claim.hardware_type) : absent->second;
  }
  if (!is_usable) return "device unhealthy: " + closed;
  if (overcommit_) return std::nullopt;
  if (claim.device_bytes > largest)
    return fmt::format("predicted to need {} of device memory, and the largest {} has {}",
                       size(claim.device_bytes), claim.hardware_type, size(largest));
  if (host_.memory_bytes > 0 && claim.host_bytes > host_.memory_bytes)
    return fmt::format("predicted to need {} of memory, and tests may take {}", size(claim.host_bytes),
                       size(host_.memory_bytes));
  if (claim.cores > host_.cores)
    return fmt::format("it needs {}, and this machine has {}",
                       counted(static_cast<uint64_t>(claim.cores), "core"), host_.cores);
  return std::nullopt;
}

bool Admission::is_on_host(const Claim& claim) const {
  return std::any_of(slots_.begin(), slots_.end(), [&](const Slot& slot) {
    return slot.is_host && slot.hardware_type == claim.hardware_type;
  });
}

// What goes beyond all that there is holds all that there is.
Claim Admission::clamped(const Claim& claim) const {
  const bool is_all_of_host = claim.whole_memory && is_on_host(claim);
  Claim held = claim;
  held.exclusive = claim.exclusive || (is_all_of_host && host_.memory_bytes == 0);
  held.cores = held.exclusive ? host_.cores : std::min(claim.cores, host_.cores);
  if (host_.memory_bytes > 0)
    held.host_bytes = is_all_of_host ? host_.memory_bytes : std::min(claim.host_bytes, host_.memory_bytes);
  return held;
}

bool Admission::fits_slot(const Slot& slot, const Claim& claim) const {
  if (slot.hardware_type != claim.hardware_type || !slot.is_open || !slot.closed_reason.empty()) return false;
  if (slot.running == 0)
    return overcommit_ || slot.memory_bytes == 0 || claim.device_bytes <= slot.memory_bytes;
  if (slot.is_host) return true;
  if (slot.is_exclusive || claim.exclusive || claim.whole_memory || slot.memory_bytes == 0) return false;
  return slot.claimed_bytes + claim.device_bytes <= slot.memory_bytes;
}

Placement Admission::place(const Claim& given) const {
  const Claim claim = clamped(given);
  const Slot* best = nullptr;
  for (const Slot& slot : slots_) {
    if (fits_slot(slot, claim) && (!best || slot.running < best->running)) best = &slot;
  }
  if (!best) return {WaitsFor::slot, 0};
  const bool has_memory = host_.memory_bytes == 0 || memory_bytes_ + claim.host_bytes <= host_.memory_bytes;
  if (is_exclusive_ || (claim.exclusive && running_ > 0) || running_ >= host_.jobs ||
      cores_ + claim.cores > host_.cores || !has_memory)
    return {WaitsFor::host, 0};
  return {WaitsFor::nothing, static_cast<size_t>(best - slots_.data())};
}

void Admission::take(size_t index, const Claim& given) {
  const Claim claim = clamped(given);
  Slot& slot = slots_[index];
  ++running_;
  cores_ += claim.cores;
  memory_bytes_ += claim.host_bytes;
  is_exclusive_ = is_exclusive_ || claim.exclusive;
  ++slot.running;
  slot.claimed_bytes += claim.device_bytes;
  slot.is_exclusive = slot.is_exclusive || claim.exclusive || claim.whole_memory;
}

void Admission::give_back(size_t index, const Claim& given) {
  const Claim claim = clamped(given);
  Slot& slot = slots_[index];
  --running_;
  cores_ -= claim.cores;
  memory_bytes_ -= claim.host_bytes;
  --slot.running;
  slot.claimed_bytes -= claim.device_bytes;
  if (claim.exclusive) is_exclusive_ = false;
  if (claim.exclusive || claim.whole_memory) slot.is_exclusive = false;
}

void Admission::close_for_good(size_t slot, std::string reason) {
  slots_[slot].is_open = false;
  slots_[slot].closed_reason = std::move(reason);
}

}  // namespace testloom
