// Which test may start now: never more than there is, always where there is room, against a naive look at all
// that runs; and why a test can never start.
#include "engine/admission.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <utility>
#include <vector>

namespace testloom {
namespace {

constexpr int64_t kGB = 1'000'000'000;

Slot host_slot() {
  Slot slot;
  slot.name = slot.hardware_type = "cpu";
  slot.is_host = true;
  return slot;
}

Slot device_slot(const std::string& name, int64_t memory_bytes) {
  Slot slot;
  slot.name = name;
  slot.hardware_type = "npu";
  slot.memory_bytes = memory_bytes;
  return slot;
}

Claim claim_of(const std::string& hardware_type, int cores, int64_t host_bytes, int64_t device_bytes = 0) {
  Claim claim;
  claim.hardware_type = hardware_type;
  claim.cores = cores;
  claim.host_bytes = host_bytes;
  claim.device_bytes = device_bytes;
  return claim;
}

using Running = std::vector<std::pair<size_t, Claim>>;  // slot, claim

int64_t host_bytes_of(const HostRoom& host, const Claim& claim) {
  return claim.whole_memory && claim.hardware_type == "cpu" ? host.memory_bytes
                                                            : std::min(claim.host_bytes, host.memory_bytes);
}

// Whether the host has room for the claim beside all that runs.
bool host_has_room(const HostRoom& host, const Running& running, const Claim& claim) {
  int cores = claim.exclusive ? host.cores : std::min(claim.cores, host.cores);
  int64_t bytes = host_bytes_of(host, claim);
  for (const auto& [slot, each] : running) {
    if (each.exclusive || claim.exclusive) return false;
    cores += std::min(each.cores, host.cores);
    bytes += host_bytes_of(host, each);
  }
  return static_cast<int>(running.size()) < host.jobs && cores <= host.cores && bytes <= host.memory_bytes;
}

bool slot_has_room(const std::vector<Slot>& slots, size_t slot, const Running& running, const Claim& claim,
                   bool overcommit) {
  const Slot& at = slots[slot];
  if (at.hardware_type != claim.hardware_type) return false;
  if (at.is_host) return true;
  int64_t bytes = 0;
  bool is_free = true;
  for (const auto& [where, each] : running) {
    if (where != slot) continue;
    if (each.exclusive || claim.exclusive || each.whole_memory || claim.whole_memory) return false;
    is_free = false;
    bytes += each.device_bytes;
  }
  if (is_free) return at.memory_bytes == 0 || overcommit || claim.device_bytes <= at.memory_bytes;
  return at.memory_bytes > 0 && bytes + claim.device_bytes <= at.memory_bytes;
}

class Randomly {
 public:
  explicit Randomly(unsigned seed) : random_(seed) {}
  int64_t up_to(int64_t limit) { return static_cast<int64_t>(random_() % static_cast<uint64_t>(limit + 1)); }

  Claim claim() {
    const bool on_device = up_to(2) > 0;
    Claim claim = claim_of(on_device ? "npu" : "cpu", static_cast<int>(1 + up_to(4)), up_to(5) * kGB,
                           on_device ? up_to(9) * kGB : 0);
    claim.exclusive = up_to(9) == 0;
    claim.whole_memory = up_to(9) == 0;
    return claim;
  }

 private:
  std::mt19937 random_;
};

void run_randomly(unsigned seed, bool overcommit) {
  Randomly randomly(seed);
  const HostRoom host{static_cast<int>(1 + randomly.up_to(5)), static_cast<int>(1 + randomly.up_to(5)),
                      (1 + randomly.up_to(7)) * kGB};
  const std::vector<Slot> slots = {host_slot(), device_slot("npu:0", 8 * kGB), device_slot("npu:1", 4 * kGB),
                                   device_slot("npu:2", 0)};
  Admission admission(host, slots, {}, overcommit);
  Running running;
  size_t started = 0;
  for (int step = 0; step < 200; ++step) {
    if (!running.empty() && randomly.up_to(2) == 0) {
      const auto ended = running.begin() + randomly.up_to(static_cast<int64_t>(running.size()) - 1);
      admission.give_back(ended->first, ended->second);
      running.erase(ended);
    }
    const Claim claim = randomly.claim();
    const bool too_much = claim.cores > host.cores || claim.host_bytes > host.memory_bytes;
    ASSERT_EQ(admission.never(claim).has_value(), too_much && !overcommit) << seed;
    if (admission.never(claim)) continue;
    bool any_slot = false;
    for (size_t slot = 0; slot < slots.size(); ++slot)
      any_slot = any_slot || slot_has_room(slots, slot, running, claim, overcommit);
    const Placement placement = admission.place(claim);
    const bool fits = any_slot && host_has_room(host, running, claim);
    ASSERT_EQ(placement.waits_for == WaitsFor::nothing, fits) << seed << ", step " << step;
    if (!fits) {
      ASSERT_EQ(placement.waits_for == WaitsFor::slot, !any_slot) << seed;
      continue;
    }
    ASSERT_TRUE(slot_has_room(slots, placement.slot, running, claim, overcommit)) << seed;
    admission.take(placement.slot, claim);
    running.emplace_back(placement.slot, claim);
    ++started;
  }
  EXPECT_GT(started, 5u);
  while (!running.empty()) {
    admission.give_back(running.back().first, running.back().second);
    running.pop_back();
  }
  for (const Slot& slot : admission.slots()) {
    EXPECT_EQ(slot.running, 0);
    EXPECT_EQ(slot.claimed_bytes, 0);
    EXPECT_FALSE(slot.is_exclusive);
  }
}

TEST(Admission, StartsWhatFitsAndNothingElse) {
  for (unsigned seed = 0; seed < 300; ++seed) run_randomly(seed, false);
}

TEST(Admission, WithOvercommitWhatIsTooLargeRunsAlone) {
  for (unsigned seed = 0; seed < 300; ++seed) run_randomly(seed, true);
}

TEST(Admission, WhereMemoryIsNotKnownAllOfItIsTheWholeHost) {
  Admission admission({4, 4, 0}, {host_slot()}, {}, false);
  Claim all = claim_of("cpu", 1, kGB);
  all.whole_memory = true;
  const Claim some = claim_of("cpu", 1, kGB);
  admission.take(0, all);
  EXPECT_EQ(admission.place(some).waits_for, WaitsFor::host);
  admission.give_back(0, all);
  admission.take(0, some);
  EXPECT_EQ(admission.place(all).waits_for, WaitsFor::host);
  EXPECT_EQ(admission.place(some).waits_for, WaitsFor::nothing);
}

TEST(Admission, SaysWhyATestCanNeverStart) {
  const std::map<std::string, std::string> absent = {
      {"cuda", "no cuda device here (torch is not installed)"}};
  const std::vector<Slot> slots = {host_slot(), device_slot("npu:0", 8 * kGB)};
  Admission admission({2, 4, 16 * kGB}, slots, absent, false);
  EXPECT_EQ(admission.never(claim_of("cpu", 4, 16 * kGB)), std::nullopt);
  EXPECT_EQ(admission.never(claim_of("cpu", 1, 17 * kGB)),
            "predicted to need 17 GB of memory, and tests may take 16 GB");
  EXPECT_EQ(admission.never(claim_of("cpu", 5, 0)), "it needs 5 cores, and this machine has 4");
  EXPECT_EQ(admission.never(claim_of("npu", 1, 0, 9 * kGB)),
            "predicted to need 9 GB of device memory, and the largest npu has 8 GB");
  EXPECT_EQ(admission.never(claim_of("cuda", 1, 0)), "no cuda device here (torch is not installed)");
  EXPECT_EQ(admission.never(claim_of("mps", 1, 0)), "no mps device here");
  EXPECT_FALSE(admission.has_hardware("cuda"));
}

TEST(Admission, ASlotThatIsClosedForAWhileIsWaitedFor) {
  Admission admission({4, 4, 16 * kGB}, {device_slot("npu:0", 0)}, {}, false);
  const Claim claim = claim_of("npu", 1, kGB);
  admission.close(0);
  EXPECT_EQ(admission.never(claim), std::nullopt);
  EXPECT_EQ(admission.place(claim).waits_for, WaitsFor::slot);
  admission.open(0);
  EXPECT_EQ(admission.place(claim).waits_for, WaitsFor::nothing);
}

TEST(Admission, ASlotThatIsClosedForGoodCountsNoMore) {
  const std::vector<Slot> slots = {device_slot("npu:0", 8 * kGB), device_slot("npu:1", 4 * kGB)};
  Admission admission({4, 4, 16 * kGB}, slots, {}, false);
  admission.close_for_good(0, "it is broken");
  EXPECT_EQ(admission.never(claim_of("npu", 1, 0, 3 * kGB)), std::nullopt);
  EXPECT_EQ(admission.place(claim_of("npu", 1, 0, 3 * kGB)).slot, 1u);
  EXPECT_EQ(admission.never(claim_of("npu", 1, 0, 5 * kGB)),
            "predicted to need 5 GB of device memory, and the largest npu has 4 GB");
  admission.close_for_good(1, "this one too");
  EXPECT_EQ(admission.never(claim_of("npu", 1, 0)), "device unhealthy: this one too");
}

TEST(Admission, TheSlotWithTheFewestTestsIsTaken) {
  const std::vector<Slot> slots = {device_slot("npu:0", 8 * kGB), device_slot("npu:1", 8 * kGB)};
  Admission admission({8, 8, 16 * kGB}, slots, {}, false);
  const Claim claim = claim_of("npu", 1, kGB, 2 * kGB);
  std::vector<size_t> taken;
  for (int i = 0; i < 4; ++i) {
    taken.push_back(admission.place(claim).slot);
    admission.take(taken.back(), claim);
  }
  EXPECT_EQ(taken, (std::vector<size_t>{0, 1, 0, 1}));
}

}  // namespace
}  // namespace testloom
