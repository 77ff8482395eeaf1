#include "model/weights/gguf.h"

#include <algorithm>
#include <bit>
#include <limits>

#include <fmt/format.h>

#include "base/text.h"
#include "model/weights/ggml_types.h"
#include "model/weights/gguf_bytes.h"

namespace testloom {

namespace {

constexpr uint64_t kMaxNameBytes = 65'535;     // of a key or tensor
constexpr uint64_t kMaxTextBytes = 4096;       // of a value that is kept
constexpr uint64_t kMaxEntries = 65'536;       // of metadata; real files have under a hundred
constexpr uint64_t kMaxListTexts = 3'000'000;  // of all lists; vocabularies have under a million
constexpr uint32_t kMaxDimensions = 4;
constexpr uint32_t kDefaultAlignment = 32;

// The kinds of metadata values, by their numbers in the file.
enum Kind : uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, text, list, u64, i64, f64, kinds };
constexpr uint64_t kKindBytes[kinds] = {1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8};  // at least

class HeaderReader {
 public:
  explicit HeaderReader(ByteSource& source) : source_(source), bytes_(source) {}

  GgufHeader read() {
    read_begin();
    const uint64_t tensors = bytes_.u64();
    const uint64_t entries = bytes_.u64();
    constexpr uint64_t least_entry = 8 + 4 + 1, least_tensor = 8 + 4 + 4 + 8;
    bytes_.expect(tensors, least_tensor, "tensors");
    bytes_.expect(entries, least_entry, "metadata entries");
    if (tensors > max_tensors)
      bytes_.refuse(fmt::format("it has {} tensors; at most {} are read", tensors, max_tensors));
    if (entries > kMaxEntries)
      bytes_.refuse(fmt::format("it has {} metadata entries; at most {} are read", entries, kMaxEntries));
    for (uint64_t i = 0; i < entries; ++i) read_entry();
    check_keys();
    const uint64_t alignment = alignment_of();
    header_.tensors.reserve(tensors);
    for (uint64_t i = 0; i < tensors; ++i) read_tensor(alignment);
    place_tensors(alignment);
    return std::move(header_);
  }

 private:
  void read_begin() {
    if (source_.size() < 4 || bytes_.u32() != 0x46554747) {  // "GGUF"
      refuse_git_pointer(source_);
      refuse_weights(source_.path(), "it does not begin with GGUF", "see that it is a GGUF file");
    }
    uint32_t version = bytes_.u32();
    if ((version & 0xffff) == 0) {
      header_.big_endian = true;
      bytes_.set_big_endian();
      version = __builtin_bswap32(version);
    }
    header_.version = version;
    if (version == 2 || version == 3) return;
    refuse_weights(source_.path(), fmt::format("it is GGUF of version {}; 2 and 3 are read", version),
                   "convert the model anew");
  }

  void read_entry() {
    std::string key = bytes_.text(kMaxNameBytes, "a key");
    const uint32_t kind = read_kind();
    if (kind == list) {
      skip_list();
    } else if (kind != text) {
      header_.metadata.insert_or_assign(key, read_scalar(kind));
    } else {
      read_text(key);
    }
    keys_.push_back(std::move(key));
  }

  uint32_t read_kind() {
    const uint32_t kind = bytes_.u32();
    if (kind >= kinds) bytes_.refuse(fmt::format("there is no kind {} of metadata", kind));
    return kind;
  }

  void read_text(const std::string& key) {
    const uint64_t length = bytes_.u64();
    if (length > kMaxTextBytes) return bytes_.skip(length);
    header_.metadata.insert_or_assign(key, bytes_.raw(length));
  }

  GgufHeader::Value read_scalar(uint32_t kind) {
    switch (kind) {
      case u8:
        return uint64_t{bytes_.u8()};
      case i8:
        return int64_t{static_cast<int8_t>(bytes_.u8())};
      case u16:
        return uint64_t{bytes_.u16()};
      case i16:
        return int64_t{static_cast<int16_t>(bytes_.u16())};
      case u32:
        return uint64_t{bytes_.u32()};
      case i32:
        return int64_t{static_cast<int32_t>(bytes_.u32())};
      case f32:
        return double{std::bit_cast<float>(bytes_.u32())};
      case boolean:
        return bytes_.u8() != 0;
      case u64:
        return bytes_.u64();
      case i64:
        return static_cast<int64_t>(bytes_.u64());
      default:
        return std::bit_cast<double>(bytes_.u64());
    }
  }

  void skip_list() {
    const uint32_t kind = read_kind();
    if (kind == list) bytes_.refuse("lists of lists are not read");
    const uint64_t count = bytes_.u64();
    bytes_.expect(count, kKindBytes[kind], "list items");
    if (kind != text) return bytes_.skip(count * kKindBytes[kind]);
    list_texts_ += std::min(count, kMaxListTexts + 1);
    if (list_texts_ > kMaxListTexts)
      bytes_.refuse(fmt::format("its lists have more than {} texts, the most that are read", kMaxListTexts));
    for (uint64_t i = 0; i < count; ++i) bytes_.skip_text();
  }

  void check_keys() {
    std::sort(keys_.begin(), keys_.end());
    const auto twice = std::adjacent_find(keys_.begin(), keys_.end());
    if (twice != keys_.end())
      refuse_weights(source_.path(), fmt::format("its metadata has {} twice", quote(*twice)));
  }

  uint64_t alignment_of() const {
    if (!header_.metadata.contains("general.alignment")) return kDefaultAlignment;
    const auto given = header_.integer("general.alignment");
    if (given && *given > 0 && *given <= (1 << 30) && std::has_single_bit(static_cast<uint64_t>(*given)))
      return static_cast<uint64_t>(*given);
    refuse_weights(source_.path(), "its general.alignment is no power of two");
  }

  void read_tensor(uint64_t alignment) {
    TensorInfo tensor;
    tensor.name = bytes_.text(kMaxNameBytes, "a tensor's name");
    const auto refuse = [&](const std::string& problem, const char* hint = "") {
      bytes_.refuse(fmt::format("tensor {}: {}", quote(tensor.name), problem), hint);
    };
    const uint32_t dimensions = bytes_.u32();
    if (dimensions > kMaxDimensions)
      refuse(fmt::format("it has {} dimensions; at most {} are allowed", dimensions, kMaxDimensions));
    for (uint32_t i = 0; i < dimensions; ++i) tensor.shape.push_back(bytes_.u64());
    const uint32_t number = bytes_.u32();
    const uint64_t offset = bytes_.u64();
    if (std::find(tensor.shape.begin(), tensor.shape.end(), 0) != tensor.shape.end())
      refuse("a dimension is 0");
    const auto elements = product_of(tensor.shape);
    if (!elements) refuse("its shape has more elements than can be counted");
    tensor.elements = *elements;
    const GgmlType* type = find_ggml_type(number);
    if (!type) refuse(fmt::format("there is no type {}", number), "a newer testloom may know it");
    tensor.dtype = type->name;
    const uint64_t row = dimensions == 0 ? 1 : tensor.shape[0];
    if (row % type->block_elements != 0) {
      refuse(fmt::format("its rows of {} elements are no whole blocks of {}, which have {}", row, type->name,
                         type->block_elements));
    }
    uint64_t size = 0;
    if (__builtin_mul_overflow(*elements / type->block_elements, type->block_bytes, &size) ||
        size > source_.size() || offset > source_.size() - size) {
      refuse(
          fmt::format("it should end {} bytes into the data, and the file has {} bytes",
                      static_cast<__uint128_t>(*elements) / type->block_elements * type->block_bytes + offset,
                      source_.size()),
          "the file is not whole: fetch it anew");
    }
    if (offset % alignment != 0)
      refuse(fmt::format("its offset {} is no multiple of the alignment {}", offset, alignment));
    std::reverse(tensor.shape.begin(), tensor.shape.end());
    tensor.begin = offset;
    tensor.end = offset + size;
    header_.tensors.push_back(std::move(tensor));
  }

  // From offsets into the data to places in the file.
  void place_tensors(uint64_t alignment) {
    const uint64_t data = (bytes_.at() + alignment - 1) / alignment * alignment;
    for (TensorInfo& tensor : header_.tensors) {
      tensor.begin += data;
      tensor.end += data;
      if (tensor.end <= source_.size()) continue;
      refuse_weights(source_.path(),
                     fmt::format("tensor {}: it ends at byte {}, and the file has {}", quote(tensor.name),
                                 tensor.end, source_.size()),
                     "the file is not whole: fetch it anew");
    }
    if (const auto conflict = find_conflict(header_.tensors, false, data))
      refuse_weights(source_.path(), *conflict);
  }

  ByteSource& source_;
  GgufBytes bytes_;
  GgufHeader header_;
  std::vector<std::string> keys_;
  uint64_t list_texts_ = 0;
};

}  // namespace

std::optional<std::string> GgufHeader::text(const std::string& key) const {
  const auto found = metadata.find(key);
  const auto* kept = found == metadata.end() ? nullptr : std::get_if<std::string>(&found->second);
  return kept ? std::optional(*kept) : std::nullopt;
}

std::optional<int64_t> GgufHeader::integer(const std::string& key) const {
  const auto found = metadata.find(key);
  if (found == metadata.end()) return std::nullopt;
  if (const auto* kept = std::get_if<int64_t>(&found->second)) return *kept;
  const auto* kept = std::get_if<uint64_t>(&found->second);
  if (!kept || *kept > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return std::nullopt;
  return static_cast<int64_t>(*kept);
}

GgufHeader read_gguf(ByteSource& source) { return HeaderReader(source).read(); }

std::string gguf_architecture(const std::filesystem::path& file) {
  FileBytes bytes(file);
  return read_gguf(bytes).architecture();
}

}  // namespace testloom
