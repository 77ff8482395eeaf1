// Where a weight file's bytes come from: a file, read in pieces at any place without moving or mapping it (a
// file that gets shorter meanwhile gives an error, not a signal), or memory. Also how what is wrong with such
// a file is told, always with its path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/files.h"

namespace testloom {

// Of the headers of weight files: what safetensors allows. Real ones are under 20 MB, most of it vocabulary.
inline constexpr uint64_t max_header_bytes = 100'000'000;
// Of one file; the largest models have 150,000 in all of theirs.
inline constexpr uint64_t max_tensors = 200'000;

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual uint64_t size() const = 0;
  // Puts the `size` bytes at `offset` into `out`. Throws an Error (spec) where there are fewer.
  virtual void read(uint64_t offset, char* out, size_t size) = 0;
  // For messages.
  virtual const std::string& path() const = 0;
};

// A file that is there, regular and not larger than 1 PiB, so that sums of sizes cannot overflow; links are
// followed. Throws an Error (spec).
class FileBytes : public ByteSource {
 public:
  explicit FileBytes(const std::filesystem::path& path);
  uint64_t size() const override { return size_; }
  void read(uint64_t offset, char* out, size_t size) override;
  const std::string& path() const override { return path_; }

 private:
  std::string path_;
  FileDescriptor file_;
  uint64_t size_ = 0;
};

class MemoryBytes : public ByteSource {
 public:
  MemoryBytes(std::string path, std::string_view bytes) : path_(std::move(path)), bytes_(bytes) {}
  uint64_t size() const override { return bytes_.size(); }
  void read(uint64_t offset, char* out, size_t size) override;
  const std::string& path() const override { return path_; }

 private:
  std::string path_;
  std::string_view bytes_;  // the caller's
};

// Throws the Error (spec) "'path' cannot be used: problem".
[[noreturn]] void refuse_weights(const std::string& path, const std::string& problem, std::string hint = {});

// Throws where the file is a pointer that Git LFS left in a weight file's place.
void refuse_git_pointer(ByteSource& source);

}  // namespace testloom
