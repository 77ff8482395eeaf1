// The bookkeeping of tensors: what is alive, what the process holds for it, and the work that was written
// down.
#include "model/estimate/tape.h"

#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "model/estimate/layers.h"

namespace testloom {
namespace {

constexpr double MiB = 1 << 20;

TEST(Tape, AViewKeepsTheMemory) {
  Tape tape(4, Gemm::none);
  Tensor whole = tape.make(10);
  Tensor view = whole;
  whole.release();
  EXPECT_EQ(tape.live(), 40);
  view = tape.make(1);
  EXPECT_EQ(tape.live(), 4) << "what a name was bound to before is freed behind the new value";
  EXPECT_EQ(tape.live_peak().live, 44);
}

TEST(Tape, SmallTensorsCostTwiceAndLargeOnesOnce) {
  struct Case {
    double bytes;
    Part part;
    double resident;
  };
  for (const Case& c : {Case{MiB, Part::activations, 2 * MiB}, Case{27 * MiB, Part::attention, 54 * MiB},
                        Case{32 * MiB, Part::activations, 32 * MiB}, Case{100 * MiB, Part::logits, 100 * MiB},
                        Case{MiB, Part::kv_cache, MiB}}) {
    Tape tape(1, Gemm::none);
    tape.make_bytes(c.bytes, c.part);
    EXPECT_EQ(tape.host_peak().resident, c.resident) << c.bytes;
    EXPECT_EQ(tape.host_peak().live, c.bytes);
    EXPECT_EQ(tape.host_peak().parts[static_cast<size_t>(c.part)], c.bytes);
  }
}

TEST(Tape, TheHeapIsNotGivenBack) {
  Tape tape(1, Gemm::none);
  tape.brief(10 * MiB);
  Tensor large = tape.make(100 * MiB);
  EXPECT_EQ(tape.host_peak().resident, 120 * MiB);
  EXPECT_EQ(tape.host_peak().live, 100 * MiB);
}

// Against a plain sum over all tensors at each step.
TEST(Tape, PeaksAreThoseOfEverySum) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    Tape tape(1, Gemm::none);
    std::vector<std::pair<double, Tensor>> held;
    double most_live = 0;
    double most_heap = 0;
    double most_resident = 0;
    for (int step = 0; step < 60; ++step) {
      if (held.empty() || random() % 3) {
        const double bytes = static_cast<double>(random() % (64 << 20));
        held.emplace_back(bytes, tape.make(bytes));
      } else {
        held.erase(held.begin() + random() % held.size());
      }
      double live = 0;
      double heap = 0;
      for (const auto& [bytes, tensor] : held) {
        live += bytes;
        heap += bytes < 28 * MiB ? bytes : 0;
      }
      most_live = std::max(most_live, live);
      most_heap = std::max(most_heap, heap);
      most_resident = std::max(most_resident, live - heap + 2 * most_heap);
      ASSERT_EQ(tape.live(), live);
    }
    EXPECT_EQ(tape.live_peak().live, most_live);
    EXPECT_EQ(tape.host_peak().resident, most_resident);
  }
}

TEST(Tape, WorkOfRepeatedStepsCountsAndTheirMemoryDoesNot) {
  Tape tape(4, Gemm::none);
  tape.linear(2, 3, 5);
  EXPECT_EQ(tape.flops(), 2 * 2 * 3 * 5);
  EXPECT_EQ(tape.traffic(), 2 * 4 * 10);
  tape.set_times(10);
  tape.add_pass();
  tape.linear(2, 3, 5);
  EXPECT_EQ(tape.flops(), 11 * 2 * 2 * 3 * 5);
  EXPECT_EQ(tape.passes(), 10);
  EXPECT_EQ(tape.live_peak().live, 40);
}

// Buffers as they were measured with one product in a fresh process; see docs/estimates.md.
TEST(Tape, WorkspaceOfProducts) {
  struct Case {
    Gemm gemm;
    double rows, inner, columns;
    double measured;
  };
  for (const Case& c :
       {Case{Gemm::openblas, 2048, 384, 384, 3.8e6}, Case{Gemm::openblas, 8192, 384, 384, 8.5e6},
        Case{Gemm::openblas, 32768, 384, 1536, 27.7e6}, Case{Gemm::openblas, 8192, 768, 3072, 14.1e6},
        Case{Gemm::openblas, 200704, 96, 384, 79.1e6}, Case{Gemm::openblas, 200704, 384, 96, 140.6e6},
        Case{Gemm::mkl, 32768, 384, 384, 2.9e6}, Case{Gemm::mkl, 2048, 1024, 32000, 12.1e6},
        Case{Gemm::none, 8192, 768, 3072, 0}}) {
    Tape tape(4, c.gemm);
    tape.linear(c.rows, c.inner, c.columns);
    EXPECT_NEAR(tape.host_peak().workspace, c.measured, 1.5e6 + 0.2 * c.measured)
        << c.rows << " × " << c.inner;
  }
}

TEST(Tape, SizesThatCannotBeStayFinite) {
  Tape tape(4, Gemm::openblas);
  for (const double n :
       {1e300, -5.0, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    Tensor tensor = tape.linear(n, n, n);
    EXPECT_TRUE(tape.live() >= 0 && tape.live() <= 1e16) << n;
  }
  EXPECT_EQ(tape.live(), 0);
  EXPECT_TRUE(tape.flops() >= 0 && tape.flops() < 1e300);
}

TEST(Layers, AttentionByHand) {
  // One head, 10 queries and keys of width 4: scores of 100, queries of 40.
  struct Case {
    bool sdpa;
    EagerStyle style;
    double most;
  };
  for (const Case& c : {
           Case{false, {.most = 2, .kept = 2, .copies = true}, 2 * 100 + 40 + 40},
           Case{false, {.most = 3, .kept = 1, .copies = true}, 3 * 100},
           Case{false, {.most = 1, .kept = 1, .copies = false}, 100 + 40 + 40},
           Case{true, {.most = 3, .kept = 3, .copies = true}, 10 + 40},
       }) {
    Tape tape(4, Gemm::none);
    Pass pass{tape, c.sdpa, true, 2};
    attend(pass, {1, 1, 1, 4, 10, 10}, c.style);
    EXPECT_EQ(tape.live_peak().live / 4, c.most);
    EXPECT_EQ(tape.flops(), 2 * 2 * 10 * 10 * 4);
  }
}

}  // namespace
}  // namespace testloom
