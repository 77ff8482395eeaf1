#include "model/weights/safetensors.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "model/weights/safetensors_json.h"

namespace testloom {

namespace {

constexpr uint64_t kLengthBytes = 8;
constexpr uint64_t kPieceBytes = 256 << 10;

// The length of the JSON, which fits the file.
uint64_t header_length(ByteSource& source) {
  if (source.size() < kLengthBytes) {
    refuse_weights(source.path(),
                   fmt::format("it is {} long, which is no safetensors file", counted(source.size(), "byte")),
                   "fetch the file anew");
  }
  std::array<char, kLengthBytes> bytes{};
  source.read(0, bytes.data(), bytes.size());
  uint64_t length = 0;
  for (size_t i = kLengthBytes; i-- > 0;) length = length << 8 | static_cast<unsigned char>(bytes[i]);
  if (length > max_header_bytes) {
    refuse_git_pointer(source);
    refuse_weights(source.path(),
                   fmt::format("its first 8 bytes give its header {} bytes; at most {} are allowed", length,
                               max_header_bytes),
                   "see that it is a safetensors file");
  }
  if (length > source.size() - kLengthBytes) {
    refuse_weights(source.path(),
                   fmt::format("its header should be {} bytes long, and only {} are there", length,
                               source.size() - kLengthBytes),
                   "fetch the file anew");
  }
  return length;
}

std::vector<TensorInfo> read_json(ByteSource& source, uint64_t length) {
  SafetensorsJson json;
  std::string piece;
  uint64_t at = 0;
  do {
    piece.resize(std::min(kPieceBytes, length - at));
    source.read(kLengthBytes + at, piece.data(), piece.size());
    if (at == 0 && !piece.starts_with('{'))
      refuse_weights(source.path(), "at byte 8: its header is no JSON object, which begins with '{'");
    if (const auto problem = json.read(piece, at + piece.size() == length)) {
      refuse_weights(source.path(),
                     fmt::format("at byte {}: {}", kLengthBytes + problem->offset, problem->message));
    }
    at += piece.size();
  } while (at < length);
  return json.take();
}

// Puts the tensor's place where it is in the file.
void check(TensorInfo& tensor, uint64_t data, const ByteSource& source) {
  const auto refuse = [&](const std::string& problem, const char* hint = "") {
    refuse_weights(source.path(), fmt::format("tensor {}: {}", quote(tensor.name), problem), hint);
  };
  if (tensor.end < tensor.begin)
    refuse(fmt::format("it ends at {}, before it begins at {}", tensor.end, tensor.begin));
  const auto elements = product_of(tensor.shape);
  uint64_t bits = 0;
  const auto width = static_cast<uint64_t>(*safetensors_bits(tensor.dtype));
  if (!elements || __builtin_mul_overflow(*elements, width, &bits))
    refuse("its shape has more elements than can be counted");
  tensor.elements = *elements;
  if (bits % 8 != 0 || bits / 8 != tensor.bytes()) {
    refuse(fmt::format("its {} elements of {} take {} bits, and its place is {} bytes long", *elements,
                       tensor.dtype, bits, tensor.bytes()));
  }
  if (tensor.end > source.size() - data) {
    refuse(fmt::format("it ends at byte {}, and the file has {}", static_cast<__uint128_t>(data) + tensor.end,
                       source.size()),
           "the file is not whole: fetch it anew");
  }
  tensor.begin += data;
  tensor.end += data;
}

}  // namespace

std::vector<TensorInfo> read_safetensors(ByteSource& source) {
  const uint64_t length = header_length(source);
  const uint64_t data = kLengthBytes + length;
  std::vector<TensorInfo> tensors = read_json(source, length);
  for (TensorInfo& tensor : tensors) check(tensor, data, source);
  if (const auto conflict = find_conflict(tensors, true, data)) refuse_weights(source.path(), *conflict);
  uint64_t end = data;
  for (const TensorInfo& tensor : tensors) end = std::max(end, tensor.end);
  if (end != source.size()) {
    refuse_weights(source.path(),
                   fmt::format("its tensors end at byte {}, and the file has {}", end, source.size()),
                   "see that nothing was appended to it");
  }
  return tensors;
}

}  // namespace testloom
