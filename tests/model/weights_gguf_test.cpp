// The headers of GGUF files: as ggml's own package reads them, and what is refused with which words.
#include "model/weights/gguf.h"

#include <filesystem>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "base/files.h"
#include "model/weights/ggml_types.h"
#include "weight_makers.h"

namespace testloom {
namespace {

const std::filesystem::path kSamples = std::filesystem::path(TESTLOOM_SOURCE_DIR) / "tests/golden/weights";

GgufHeader read(std::string_view bytes) {
  MemoryBytes source("m", bytes);
  return read_gguf(source);
}

std::string refusal(std::string_view bytes) { return refusal_of(read_gguf, bytes); }

// scripts/update-weight-samples makes the files and says what the package reads in them.
TEST(Gguf, ReadsTensorsAsGgmlsOwnPackageDoes) {
  const boost::json::value expected =
      boost::json::parse(read_file(kSamples / "tensors.json", 1 << 20, ErrorKind::spec));
  ASSERT_EQ(expected.as_object().size(), 4U);
  for (const auto& [file, tensors] : expected.as_object()) {
    FileBytes source(kSamples / std::string(file));
    boost::json::array got;
    for (const TensorInfo& t : read_gguf(source).tensors) {
      got.push_back({t.name, t.dtype, boost::json::value_from(t.shape), t.elements, t.begin, t.bytes()});
    }
    EXPECT_EQ(boost::json::serialize(got), boost::json::serialize(tensors)) << file;
  }
}

TEST(Gguf, KeepsMetadataInBothByteOrders) {
  for (const char* name : {"types.gguf", "big-endian.gguf"}) {
    FileBytes source(kSamples / name);
    const GgufHeader header = read_gguf(source);
    EXPECT_EQ(header.version, 3U);
    EXPECT_EQ(header.big_endian, std::string_view(name) == "big-endian.gguf");
    EXPECT_EQ(header.architecture(), "llama");
    EXPECT_EQ(header.text("general.name"), name);
    EXPECT_EQ(header.integer_of("context_length"), 4096);
    EXPECT_EQ(header.integer_of("block_count"), 2);
    EXPECT_EQ(header.integer("general.file_type"), 15);
    EXPECT_EQ(header.integer("test.negative"), -7);
    EXPECT_EQ(std::get<double>(header.metadata.at("test.real")), 0.25);
    EXPECT_EQ(std::get<bool>(header.metadata.at("test.truth")), true);
    EXPECT_EQ(header.integer("general.name"), std::nullopt);
    EXPECT_EQ(header.text("no.such"), std::nullopt);
    EXPECT_FALSE(header.metadata.contains("tokenizer.ggml.tokens")) << "lists are gone past";
  }
}

// The table of the gguf package 0.19.0 (GGML_QUANT_SIZES), but for Q8_1, whose block in ggml-common.h has two
// halves where the package still has two floats; and the types that ggml took back.
TEST(Gguf, KnowsTheBlocksOfEachType) {
  const std::vector<std::tuple<uint32_t, std::string, uint64_t, uint64_t>> types = {
      {0, "F32", 1, 4},           {1, "F16", 1, 2},           {2, "Q4_0", 32, 18},
      {3, "Q4_1", 32, 20},        {6, "Q5_0", 32, 22},        {7, "Q5_1", 32, 24},
      {8, "Q8_0", 32, 34},        {9, "Q8_1", 32, 36},        {10, "Q2_K", 256, 84},
      {11, "Q3_K", 256, 110},     {12, "Q4_K", 256, 144},     {13, "Q5_K", 256, 176},
      {14, "Q6_K", 256, 210},     {15, "Q8_K", 256, 292},     {16, "IQ2_XXS", 256, 66},
      {17, "IQ2_XS", 256, 74},    {18, "IQ3_XXS", 256, 98},   {19, "IQ1_S", 256, 50},
      {20, "IQ4_NL", 32, 18},     {21, "IQ3_S", 256, 110},    {22, "IQ2_S", 256, 82},
      {23, "IQ4_XS", 256, 136},   {24, "I8", 1, 1},           {25, "I16", 1, 2},
      {26, "I32", 1, 4},          {27, "I64", 1, 8},          {28, "F64", 1, 8},
      {29, "IQ1_M", 256, 56},     {30, "BF16", 1, 2},         {31, "Q4_0_4_4", 32, 18},
      {32, "Q4_0_4_8", 32, 18},   {33, "Q4_0_8_8", 32, 18},   {34, "TQ1_0", 256, 54},
      {35, "TQ2_0", 256, 66},     {36, "IQ4_NL_4_4", 32, 18}, {37, "IQ4_NL_4_8", 32, 18},
      {38, "IQ4_NL_8_8", 32, 18}, {39, "MXFP4", 32, 17},      {40, "NVFP4", 64, 36},
      {41, "Q1_0", 128, 18}};
  for (const auto& [number, name, elements, bytes] : types) {
    const GgmlType* type = find_ggml_type(number);
    ASSERT_TRUE(type) << name;
    EXPECT_EQ(type->name, name);
    EXPECT_EQ(type->block_elements, elements) << name;
    EXPECT_EQ(type->block_bytes, bytes) << name;
  }
  for (const uint32_t number : {4U, 5U, 42U, 0xffffffffU}) EXPECT_FALSE(find_ggml_type(number)) << number;
}

GgufMaker small() {
  GgufMaker maker;
  return maker.entry("general.architecture", 8, maker.text("llama"));
}

TEST(Gguf, RefusesHeadersThatAreNone) {
  struct Case {
    std::string file;
    std::string message;
  };
  const uint64_t huge = uint64_t{1} << 63;
  GgufMaker m;
  const auto list = [&](uint32_t kind, uint64_t count, const std::string& items) {
    return GgufMaker().entry("k", 9, m.u32(kind) + m.u64(count) + items).file(64);
  };
  const auto with = [](auto change) {
    GgufMaker maker = small();
    change(maker);
    return maker.file(64);
  };
  GgufMaker many_tensors, many_entries, old = small(), ancient = small();
  many_tensors.tensor_count = uint64_t{1} << 60;
  many_entries.entry_count = huge;
  old.version = 1;
  ancient.version = 0x20000000;
  const std::vector<Case> cases = {
      {"", "it does not begin with GGUF"},
      {"GGML" + std::string(60, '\0'), "it does not begin with GGUF"},
      {"version https://git-lfs.github.com/spec/v1\n", "it is a pointer of Git LFS, not the weights"},
      {"GGUF", "at byte 4: 4 bytes should follow, and 0 are there"},
      {old.file(0), "it is GGUF of version 1; 2 and 3 are read"},
      {ancient.file(0), "it is GGUF of version 32; 2 and 3 are read"},
      {many_tensors.file(64),
       "at byte 24: 1152921504606846976 tensors should follow, and the file has 72 more bytes"},
      {many_entries.file(64),
       "at byte 24: 9223372036854775808 metadata entries should follow, and the file has 72 more bytes"},
      {GgufMaker().entry(std::string(70'000, 'k'), 4, m.u32(1)).file(0),
       "at byte 24: a key should be 70000 bytes long; at most 65535 are allowed"},
      {GgufMaker().entry("k", 13, m.u32(1)).file(0), "at byte 37: there is no kind 13 of metadata"},
      {GgufMaker().entry("k", 8, m.u64(huge)).file(0),
       "at byte 45: 9223372036854775808 bytes should follow, and 19 are there"},
      {list(9, 1, ""), "at byte 41: lists of lists are not read"},
      {list(4, uint64_t{1} << 62, ""),
       "at byte 49: 4611686018427387904 list items should follow, and the file has 79 more bytes"},
      {list(8, 2, m.text("ab") + m.u64(huge)),
       "at byte 67: 9223372036854775808 bytes should follow, and 93 are there"},
      {with([&](GgufMaker& g) { g.entry("general.architecture", 4, m.u32(1)); }),
       "its metadata has 'general.architecture' twice"},
      {with([&](GgufMaker& g) { g.entry("general.alignment", 4, m.u32(0)); }),
       "its general.alignment is no power of two"},
      {with([&](GgufMaker& g) { g.entry("general.alignment", 4, m.u32(24)); }),
       "its general.alignment is no power of two"},
      {with([&](GgufMaker& g) { g.entry("general.alignment", 8, m.text("32")); }),
       "its general.alignment is no power of two"},
      {with([](GgufMaker& g) {
         g.tensor("t", {1, 1, 1, 1, 1}, 0, 0);
       }),
       "at byte 82: tensor 't': it has 5 dimensions; at most 4 are allowed"},
      {with([](GgufMaker& g) {
         g.tensor("t", {4, 0}, 0, 0);
       }),
       "at byte 110: tensor 't': a dimension is 0"},
      {with([](GgufMaker& g) {
         g.tensor("t", {1ULL << 32, 1ULL << 32}, 0, 0);
       }),
       "at byte 110: tensor 't': its shape has more elements than can be counted"},
      {with([&](GgufMaker& g) { g.tensor("t", {huge}, 0, 0); }),
       "at byte 102: tensor 't': its shape has more elements than can be counted"},
      {with([](GgufMaker& g) { g.tensor("t", {4}, 4, 0); }), "at byte 102: tensor 't': there is no type 4"},
      {with([](GgufMaker& g) { g.tensor("t", {4}, 4'000'000'000, 0); }),
       "at byte 102: tensor 't': there is no type 4000000000"},
      {with([](GgufMaker& g) {
         g.tensor("t", {48, 2}, 2, 0);
       }),
       "at byte 110: tensor 't': its rows of 48 elements are no whole blocks of Q4_0, which have 32"},
      {with([](GgufMaker& g) { g.tensor("t", {4}, 0, 8); }),
       "at byte 102: tensor 't': its offset 8 is no multiple of the alignment 32"},
      {with([&](GgufMaker& g) { g.tensor("t", {4}, 0, huge); }),
       "at byte 102: tensor 't': it should end 9223372036854775824 bytes into the data, and the file has 192 "
       "bytes"},
      {with([](GgufMaker& g) { g.tensor("t", {4}, 0, ~0ULL - 31); }),
       "at byte 102: tensor 't': it should end 18446744073709551600 bytes into the data, and the file has "
       "192 bytes"},
      {with([](GgufMaker& g) { g.tensor("t", {1ULL << 62}, 28, 0); }),
       "at byte 102: tensor 't': it should end 36893488147419103232 bytes into the data, and the file has "
       "192 bytes"},
      {with([](GgufMaker& g) { g.tensor("t", {20}, 0, 0); }),
       "tensor 't': it ends at byte 208, and the file has 192"},
      {with([](GgufMaker& g) { g.tensor("a", {8}, 0, 0).tensor("a", {8}, 0, 32); }),
       "it has two tensors 'a'"},
      {with([](GgufMaker& g) { g.tensor("a", {16}, 0, 0).tensor("b", {8}, 0, 32); }),
       "the tensors 'a' and 'b' overlap at byte 192"},
      {with([](GgufMaker& g) { g.tensor("a", {8}, 0, 0).tensor("b", {8}, 0, 0); }),
       "the tensors 'a' and 'b' overlap at byte 160"},
      {with([](GgufMaker& g) { g.tensor(std::string(70'000, 'n'), {1}, 0, 0); }),
       "at byte 69: a tensor's name should be 70000 bytes long; at most 65535 are allowed"},
  };
  for (const Case& c : cases) EXPECT_EQ(refusal(c.file), c.message);
}

TEST(Gguf, ReadsVersion2AndScalars) {
  GgufMaker maker = small();
  maker.version = 2;
  const GgufHeader header = read(maker.tensor("t", {}, 0, 0).tensor("u", {32, 3}, 8, 32).file(32 + 102));
  EXPECT_EQ(header.version, 2U);
  EXPECT_EQ(header.tensors.at(0).elements, 1U);
  EXPECT_EQ(header.tensors.at(1).shape, (std::vector<uint64_t>{3, 32}));
  EXPECT_EQ(header.tensors.at(1).bytes(), 3U * 34);
}

TEST(Gguf, KeepsNoLongTexts) {
  GgufMaker maker;
  maker.entry("long", 8, maker.text(std::string(5000, 'x'))).entry("short", 8, maker.text("y"));
  const GgufHeader header = read(maker.file(0));
  EXPECT_EQ(header.metadata.size(), 1U);
  EXPECT_EQ(header.text("short"), "y");
}

// A file of holes may say that it holds anything.
TEST(Gguf, ReadsNoMoreThanItsLimit) {
  GgufMaker m;
  const std::string begin = "GGUF" + m.u32(3) + m.u64(0) + m.u64(1);
  const std::string texts = begin + m.text("k") + m.u32(9) + m.u32(8) + m.u64(uint64_t{1} << 40);
  CountedBytes holes(texts, uint64_t{1} << 45);
  EXPECT_THROW(read_gguf(holes), Error);
  EXPECT_LE(holes.count, max_header_bytes + (64 << 10));
  CountedBytes tensors("GGUF" + m.u32(3) + m.u64(max_tensors + 1) + m.u64(0), uint64_t{1} << 45);
  EXPECT_THROW(read_gguf(tensors), Error);
  CountedBytes entries("GGUF" + m.u32(3) + m.u64(0) + m.u64(1 << 20), uint64_t{1} << 45);
  EXPECT_THROW(read_gguf(entries), Error);
  EXPECT_LE(tensors.count + entries.count, 2U * (64 << 10));
  // What has a size of its own is gone past without reading it.
  CountedBytes numbers(begin + m.text("k") + m.u32(9) + m.u32(4) + m.u64(uint64_t{1} << 40),
                       uint64_t{1} << 45);
  read_gguf(numbers);
  EXPECT_LE(numbers.count, 64U << 10);
}

TEST(Gguf, SurvivesEveryCutAndChangedByte) {
  const std::string file = [] {
    GgufMaker maker = small();
    maker.entry("l", 9, maker.u32(8) + maker.u64(2) + maker.text("a") + maker.text("b"));
    return maker.entry("n", 6, maker.u32(1)).tensor("t", {32, 2}, 2, 0).tensor("u", {8}, 0, 64).file(96);
  }();
  expect_harmless(read_gguf, file);
}

}  // namespace
}  // namespace testloom
