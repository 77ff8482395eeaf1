// Memory for the values of one render: handed out in a row, given back all at once. After a first render of a
// kind, the next ones allocate nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <type_traits>
#include <vector>

namespace testloom::templating {

// Behind every text that an arena holds this many bytes can be read, so that copying may go in wide steps.
inline constexpr size_t kReadableSlack = 64;

class Arena {
 public:
  Arena() = default;
  Arena(Arena&&) = default;
  Arena& operator=(Arena&&) = default;

  // Aligned to 16 bytes; not initialised. Lives until reset().
  void* allocate(size_t bytes);

  template <typename T>
  T* allocate_array(size_t count) {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= 16);
    return static_cast<T*>(allocate(count * sizeof(T)));
  }

  // Room for `bytes` of text, with the slack behind it.
  char* allocate_text(size_t bytes) { return static_cast<char*>(allocate(bytes + kReadableSlack)); }

  std::string_view copy(std::string_view text) {
    char* to = allocate_text(text.size());
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
    return {to, text.size()};
  }

  // Everything handed out is invalid from now on; the memory is kept for the next round.
  void reset();
  // Bytes handed out since the last reset().
  size_t used() const { return used_before_ + at_; }

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    size_t size;
  };
  void* allocate_in_next_block(size_t bytes);

  std::vector<Block> blocks_;
  size_t current_ = 0;  // the block that is being filled
  size_t at_ = 0;       // bytes of it in use
  size_t used_before_ = 0;
};

inline void* Arena::allocate(size_t bytes) {
  const size_t rounded = (bytes + 15) & ~size_t{15};
  if (current_ < blocks_.size() && blocks_[current_].size - at_ >= rounded) {
    void* place = blocks_[current_].bytes.get() + at_;
    at_ += rounded;
    return place;
  }
  return allocate_in_next_block(rounded);
}

inline void Arena::reset() { current_ = at_ = used_before_ = 0; }

}  // namespace testloom::templating
