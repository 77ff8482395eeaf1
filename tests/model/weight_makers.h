// Weight files made by hand, whole or broken, and how they are refused.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "model/weights/byte_source.h"
#include "testloom/error.h"

namespace testloom {

inline std::string little_endian(uint64_t number, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(number >> 8 * i);
  return out;
}

// A safetensors file of this JSON and so many bytes of data.
inline std::string safetensors_file(const std::string& json, size_t data) {
  return little_endian(json.size(), 8) + json + std::string(data, '\0');
}

// A GGUF file, written field by field.
class GgufMaker {
 public:
  std::string text(std::string_view value) const { return u64(value.size()) + std::string(value); }
  std::string u32(uint64_t value) const { return little_endian(value, 4); }
  std::string u64(uint64_t value) const { return little_endian(value, 8); }

  // An entry of metadata; `value` as its kind writes it.
  GgufMaker& entry(std::string_view key, uint32_t kind, const std::string& value) {
    entries_ += text(key) + u32(kind) + value;
    ++entry_count;
    return *this;
  }
  GgufMaker& tensor(std::string_view name, std::initializer_list<uint64_t> shape, uint32_t type,
                    uint64_t offset) {
    tensors_ += text(name) + u32(shape.size());
    for (const uint64_t size : shape) tensors_ += u64(size);
    tensors_ += u32(type) + u64(offset);
    ++tensor_count;
    return *this;
  }
  std::string file(size_t data) const {
    std::string out = "GGUF" + u32(version) + u64(tensor_count) + u64(entry_count) + entries_ + tensors_;
    out.resize((out.size() + 31) / 32 * 32);
    return out + std::string(data, '\0');
  }

  uint64_t version = 3, tensor_count = 0, entry_count = 0;  // as they stand in the file

 private:
  std::string entries_, tensors_;
};

// Counts what is read of bytes in memory, or of zeros that are nowhere, as of a file with holes.
class CountedBytes : public ByteSource {
 public:
  CountedBytes(std::string begin, uint64_t size) : begin_(std::move(begin)), size_(size) {}
  uint64_t size() const override { return size_; }
  void read(uint64_t offset, char* out, size_t size) override {
    EXPECT_LE(offset + size, size_);
    count += size;
    for (size_t i = 0; i < size; ++i) out[i] = offset + i < begin_.size() ? begin_[offset + i] : '\0';
  }
  const std::string& path() const override { return path_; }
  uint64_t count = 0;

 private:
  std::string path_ = "m", begin_;
  uint64_t size_;
};

// What `read` says of bytes that it should refuse, without what all messages begin with.
template <typename Read>
std::string refusal_of(Read read, std::string_view bytes) {
  MemoryBytes source("m", bytes);
  try {
    read(source);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::spec);
    constexpr std::string_view begin = "'m' cannot be used: ";
    EXPECT_TRUE(error.message().starts_with(begin)) << error.message();
    return error.message().substr(begin.size());
  }
  return "";
}

// Nothing that a file can lose or have changed makes reading it go wrong; run under sanitizers. `file` itself
// is good.
template <typename Read>
void expect_harmless(Read read, const std::string& file) {
  ASSERT_EQ(refusal_of(read, file), "");
  for (size_t length = 0; length < file.size(); ++length)
    EXPECT_NE(refusal_of(read, std::string_view(file).substr(0, length)), "") << length;
  for (size_t at = 0; at < file.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      std::string changed = file;
      changed[at] = static_cast<char>(value);
      refusal_of(read, changed);
    }
  }
}

}  // namespace testloom
