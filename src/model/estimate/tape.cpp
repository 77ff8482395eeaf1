#include "model/estimate/tape.h"

namespace testloom {

namespace {

// glibc gives blocks of 32 MiB and more pages of their own (mallopt's largest dynamic M_MMAP_THRESHOLD), and
// returns them when they are freed. Smaller ones are in the heap once a few have been freed; those little
// below the limit were seen to be returned, too.
constexpr double heap_limit = 28 << 20;

// torch asks for memory by posix_memalign, and up to 2.37 glibc's does not find a free block of just the size
// that is wanted: it looks for one with room for aligning. So a heap that at most n bytes are in use of grows
// to about twice n, and is not given back while anything stands at its end. Measured: docs/estimates.md.
constexpr double heap_growth = 2;

// OpenBLAS 0.3 packs one operand into blocks of this depth, for all rows, in buffers that stay: two threads'
// of at most 128 MiB each.
constexpr double openblas_depth = 320;
constexpr double openblas_most = 256 << 20;
// The cache of keys and values is made once and stays, and so leaves no holes.
bool grows_heap(double bytes, Part part) { return bytes < heap_limit && part != Part::kv_cache; }

// Sums of such sizes stay finite, whatever a config says.
constexpr double most_bytes = 1e15;
constexpr double most_flops = 1e200;

// What products by small matrices leave behind.
constexpr double smallest_workspace = 2e6;
// MKL's buffers grow with the columns of the result and stop early.
constexpr double mkl_bytes_a_column = 1200;
constexpr double mkl_most = 9e6;

}  // namespace

std::string_view part_name(Part part) {
  constexpr std::array<std::string_view, part_count> names = {"inputs",    "front_end", "activations",
                                                              "attention", "logits",    "kv_cache"};
  return names[static_cast<size_t>(part)];
}

Tensor::Storage* Tape::take() {
  if (free_.empty()) {
    if (free_.capacity() <= storages_.size())
      free_.reserve(2 * storages_.size() + 16);  // giving back cannot fail
    return &storages_.emplace_back();
  }
  Tensor::Storage* const storage = free_.back();
  free_.pop_back();
  return storage;
}

Tensor Tape::make_bytes(double bytes, Part part) {
  bytes = std::min(std::max(0.0, bytes), most_bytes);
  live_ += bytes;
  traffic_ += 2 * bytes * times_;
  calls_ += times_;
  parts_[static_cast<size_t>(part)] += bytes;
  if (grows_heap(bytes, part)) {
    heap_ += bytes;
    highest_heap_ = std::max(highest_heap_, heap_);
  }
  const double resident = live_ - heap_ + heap_growth * highest_heap_ + workspace_;
  if (resident > host_.resident) host_ = {live_, resident, workspace_, parts_};
  if (live_ > most_live_.live) most_live_ = {live_, resident, workspace_, parts_};
  Tensor::Storage* const storage = take();
  *storage = {this, bytes, part, 1};
  return Tensor(storage);
}

void Tape::add_flops(double flops) { flops_ += std::min(std::max(0.0, times_ * flops), most_flops); }

void Tape::freed(Tensor::Storage* storage) {
  live_ -= storage->bytes;
  parts_[static_cast<size_t>(storage->part)] -= storage->bytes;
  if (grows_heap(storage->bytes, storage->part)) heap_ -= storage->bytes;
  free_.push_back(storage);
}

void Tape::note_product(double rows, double inner, double columns) {
  add_flops(2 * rows * inner * columns);
  if (gemm_ == Gemm::none) return;
  double needed = 0;
  if (gemm_ == Gemm::openblas) {
    const double depth = inner >= 2 * openblas_depth ? openblas_depth
                         : inner > openblas_depth    ? inner / 2
                                                     : inner;
    needed = std::min(openblas_most, rows * depth * 4);
  } else {
    needed = std::min(mkl_most, columns * mkl_bytes_a_column);
  }
  workspace_ = std::max(workspace_, smallest_workspace + needed);
}

Tensor Tape::linear(double rows, double in, double out, Part part) {
  note_product(rows, in, out);
  return make(rows * out, part);
}

Tensor Tape::products(double batch, double m, double k, double n, Part part) {
  add_flops(2 * (batch - 1) * m * k * n);
  note_product(m, k, n);
  return make(batch * m * n, part);
}

}  // namespace testloom
