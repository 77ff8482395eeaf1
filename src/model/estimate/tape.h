// What a forward pass keeps in memory, moment by moment: the code of a model is written down as the tensors
// that it makes and lets go, in its order, and a Tape adds up what is alive. Nothing is computed.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <string_view>
#include <utility>
#include <vector>

namespace testloom {

// What a tensor is, for people who ask what takes the memory.
enum class Part { inputs, front_end, activations, attention, logits, kv_cache };
inline constexpr size_t part_count = 6;
// "inputs", "front_end", "activations", "attention", "logits", "kv_cache".
std::string_view part_name(Part part);

// How a matrix product's library keeps buffers: OpenBLAS as Debian's torch has it, MKL as PyPI's, or none.
enum class Gemm { openblas, mkl, none };

class Tape;

// A reference to a tensor's memory. A copy is a view: the memory is free when the last one is gone.
class Tensor {
 public:
  Tensor() = default;
  Tensor(const Tensor& other) : storage_(other.storage_) {
    if (storage_) ++storage_->views;
  }
  Tensor(Tensor&& other) noexcept : storage_(std::exchange(other.storage_, nullptr)) {}
  Tensor& operator=(Tensor other) noexcept {
    std::swap(storage_, other.storage_);
    return *this;
  }
  ~Tensor() { release(); }
  void release();

 private:
  friend class Tape;
  struct Storage {
    Tape* tape;
    double bytes;
    Part part;
    int views;
  };
  explicit Tensor(Storage* storage) : storage_(storage) {}
  Storage* storage_ = nullptr;
};

// REQUIRES: it outlives its tensors. One thread at a time.
class Tape {
 public:
  // Elements have `element_bytes` bytes where nothing else is said.
  Tape(double element_bytes, Gemm gemm) : element_bytes_(element_bytes), gemm_(gemm) {}
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  Tensor make(double elements, Part part = Part::activations) {
    return make_bytes(elements * element_bytes_, part);
  }
  Tensor make_bytes(double bytes, Part part = Part::activations);
  // Made and gone again.
  void brief(double elements, Part part = Part::activations) { make(elements, part); }

  // rows × in times in × out, into a new tensor.
  Tensor linear(double rows, double in, double out, Part part = Part::activations);
  // `batch` products of m × k and k × n, into a new tensor.
  Tensor products(double batch, double m, double k, double n, Part part);
  // Work that makes no tensor of its own here.
  void add_flops(double flops);
  // What is written from here on stands for `times` such passes, in work and not in memory.
  void set_times(double times) { times_ = times; }
  // All weights are read once more.
  void add_pass() { passes_ += times_; }

  double element_bytes() const { return element_bytes_; }
  double live() const { return live_; }
  double flops() const { return flops_; }      // a multiplication and an addition are two
  double traffic() const { return traffic_; }  // bytes of all tensors made, written once and read once
  double calls() const { return calls_; }      // tensors made, about one for each operator
  double passes() const { return passes_; }    // over the weights

  // The moment of the highest peak.
  struct Peak {
    double live = 0;       // bytes of tensors
    double resident = 0;   // what the process holds for them, with what malloc keeps and with `workspace`
    double workspace = 0;  // buffers of the matrix products so far
    std::array<double, part_count> parts = {};
  };
  const Peak& host_peak() const { return host_; }
  const Peak& live_peak() const { return most_live_; }

 private:
  friend class Tensor;
  Tensor::Storage* take();
  void freed(Tensor::Storage* storage);
  void note_product(double rows, double inner, double columns);

  double element_bytes_;
  Gemm gemm_;
  double live_ = 0;
  double heap_ = 0;          // of `live`, in the heap, the cache of keys and values apart
  double highest_heap_ = 0;  // the most that has been there at once
  double workspace_ = 0;
  double flops_ = 0;
  double traffic_ = 0;
  double calls_ = 0;
  double passes_ = 0;
  double times_ = 1;
  std::array<double, part_count> parts_ = {};
  Peak host_;
  Peak most_live_;
  std::deque<Tensor::Storage> storages_;  // those that are free are used again: there are thousands in a call
  std::vector<Tensor::Storage*> free_;
};

inline void Tensor::release() {
  Storage* const storage = std::exchange(storage_, nullptr);
  if (storage && --storage->views == 0) storage->tape->freed(storage);
}

}  // namespace testloom
