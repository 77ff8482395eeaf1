// Bytes as a safetensors and as a GGUF file; behind a byte 0xFF, as the JSON of a safetensors header, with
// its length before it and some data behind. Each is refused with an error that names the file, or gives
// tensors that lie in the file, apart from each other.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "model/weights/gguf.h"
#include "model/weights/packed.h"
#include "model/weights/safetensors.h"

namespace testloom {
namespace {

constexpr size_t kData = 64;

void report(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::abort();
}

void check(std::vector<TensorInfo> tensors, uint64_t size) {
  count_parameters(tensors);
  std::sort(tensors.begin(), tensors.end(), [](const TensorInfo& a, const TensorInfo& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  uint64_t end = 0;
  for (const TensorInfo& tensor : tensors) {
    if (tensor.begin > tensor.end || tensor.end > size) report("a tensor is not in the file: " + tensor.name);
    if (tensor.begin < end && tensor.bytes() > 0) report("tensors overlap: " + tensor.name);
    if (tensor.dtype.empty() || tensor.elements != product_of(tensor.shape))
      report("no type or size: " + tensor.name);
    end = std::max(end, tensor.end);
  }
}

template <typename Read>
void attempt(std::string_view bytes, Read read) {
  MemoryBytes source("file", bytes);
  try {
    check(read(source), bytes.size());
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::spec || !error.message().starts_with("'file' cannot be used: "))
      report(error.what());
  }
}

std::string with_length(std::string_view json) {
  std::string file;
  for (size_t i = 0; i < 8; ++i) file += static_cast<char>(json.size() >> 8 * i);
  return file.append(json).append(kData, '\0');
}

}  // namespace
}  // namespace testloom

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace testloom;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.starts_with('\xff')) {
    attempt(with_length(bytes.substr(1)), read_safetensors);
    return 0;
  }
  attempt(bytes, read_safetensors);
  attempt(bytes, [](ByteSource& source) { return read_gguf(source).tensors; });
  return 0;
}
