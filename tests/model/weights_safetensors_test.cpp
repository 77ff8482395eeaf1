// The headers of safetensors files: what is read, and what is refused with which words.
#include "model/weights/safetensors.h"

#include <fmt/format.h>

#include "weight_makers.h"

namespace testloom {
namespace {

std::vector<TensorInfo> read(std::string_view bytes) {
  MemoryBytes source("m", bytes);
  return read_safetensors(source);
}

std::string refusal(std::string_view bytes) { return refusal_of(read_safetensors, bytes); }

TEST(Safetensors, ReadsTensorsInTheHeadersOrder) {
  const std::string json =
      R"({"__metadata__": {"format": "pt"}, "b.weight": {"dtype": "F16", "shape": [2, 3], "data_offsets": [8, 20]},)"
      R"("a": {"data_offsets": [0, 8], "shape": [], "dtype": "I64", "more": {"x": [1, [null]]}},)"
      R"("none": {"dtype": "F32", "shape": [4, 0], "data_offsets": [20, 20]}}   )";
  const std::vector<TensorInfo> tensors = read(safetensors_file(json, 20));
  ASSERT_EQ(tensors.size(), 3U);
  const uint64_t data = 8 + json.size();
  EXPECT_EQ(tensors[0].name, "b.weight");
  EXPECT_EQ(tensors[0].dtype, "F16");
  EXPECT_EQ(tensors[0].shape, (std::vector<uint64_t>{2, 3}));
  EXPECT_EQ(tensors[0].elements, 6U);
  EXPECT_EQ(tensors[0].begin, data + 8);
  EXPECT_EQ(tensors[0].end, data + 20);
  EXPECT_EQ(tensors[1].elements, 1U) << "a scalar";
  EXPECT_EQ(tensors[2].elements, 0U);
}

TEST(Safetensors, KnowsTheSizeOfEachDtype) {
  const std::vector<std::pair<std::string, int>> bits = {
      {"BOOL", 8},    {"U8", 8},      {"I8", 8},          {"F8_E4M3", 8},    {"F8_E5M2", 8}, {"F8_E8M0", 8},
      {"I16", 16},    {"U16", 16},    {"F16", 16},        {"BF16", 16},      {"I32", 32},    {"U32", 32},
      {"F32", 32},    {"F64", 64},    {"I64", 64},        {"U64", 64},       {"C64", 64},    {"F4", 4},
      {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8}};
  for (const auto& [dtype, width] : bits) {
    const int bytes = 4 * width / 8;
    const auto json =
        fmt::format(R"({{"t":{{"dtype":"{}","shape":[4],"data_offsets":[0,{}]}}}})", dtype, bytes);
    EXPECT_EQ(read(safetensors_file(json, static_cast<size_t>(bytes))).at(0).dtype, dtype);
    const auto more =
        fmt::format(R"({{"t":{{"dtype":"{}","shape":[4],"data_offsets":[0,{}]}}}})", dtype, bytes + 1);
    EXPECT_EQ(refusal(safetensors_file(more, static_cast<size_t>(bytes) + 1)),
              fmt::format("tensor 't': its 4 elements of {} take {} bits, and its place is {} bytes long",
                          dtype, 4 * width, bytes + 1));
  }
  EXPECT_TRUE(read(safetensors_file("{}", 0)).empty());
}

std::string many(const std::string& text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}
std::string one(const std::string& entry) { return R"({"t":)" + entry + "}"; }

TEST(Safetensors, RefusesHeadersThatAreNone) {
  struct Case {
    std::string json;
    size_t data;
    std::string message;
  };
  const std::string huge = "9223372036854775808";  // 2^63
  const std::vector<Case> cases = {
      {"[1]", 0, "at byte 8: its header is no JSON object, which begins with '{'"},
      {"", 0, "at byte 8: its header is no JSON object, which begins with '{'"},
      {"{", 0, "at byte 9: this is no JSON: incomplete JSON"},
      {"{} x", 0, "at byte 11: something stands behind the JSON"},
      {"{}{}", 0, "at byte 10: something stands behind the JSON"},
      {"{\"a\":\x01}", 0, "at byte 13: tensor 'a': this is no JSON: syntax error"},
      {"{\"\xff\":1}", 0, "at byte 10: this is no JSON: syntax error"},
      {R"({"t":3})", 0,
       "at byte 14: tensor 't': it is a number, not an object with dtype, shape and data_offsets"},
      {R"({"t":[1]})", 0,
       "at byte 13: tensor 't': it is a list, not an object with dtype, shape and data_offsets"},
      {R"({"__metadata__":1})", 0, "at byte 25: __metadata__ is a number, not an object"},
      {one(R"({"dtype":"F32","shape":[1]})"), 4, "at byte 39: tensor 't': it has no data_offsets"},
      {one(R"({"dtype":"F32","data_offsets":[0,4]})"), 4, "at byte 48: tensor 't': it has no shape"},
      {one(R"({"shape":[1],"data_offsets":[0,4]})"), 4, "at byte 46: tensor 't': it has no dtype"},
      {one(R"({"dtype":"F33","shape":[1],"data_offsets":[0,4]})"), 4,
       "at byte 26: tensor 't': there is no dtype 'F33'"},
      {one(R"({"dtype":32,"shape":[1],"data_offsets":[0,4]})"), 4,
       "at byte 24: tensor 't': its dtype is a number, not a string"},
      {one(R"({"dtype":"F32","dtype":"F32"})"), 4, "at byte 34: tensor 't': its dtype stands twice"},
      {one(R"({"dtype":"F32","shape":1,"data_offsets":[0,4]})"), 4,
       "at byte 37: tensor 't': its shape is a number, not a list"},
      {one(R"({"dtype":"F32","shape":[-1],"data_offsets":[0,4]})"), 4,
       "at byte 39: tensor 't': in its shape stands -1, not an integer from 0 on"},
      {one(R"({"dtype":"F32","shape":[1.0],"data_offsets":[0,4]})"), 4,
       "at byte 40: tensor 't': in its shape stands 1, not an integer from 0 on"},
      {one(R"({"dtype":"F32","shape":[[1]],"data_offsets":[0,4]})"), 4,
       "at byte 37: tensor 't': in its shape stands a list, not an integer from 0 on"},
      {one(R"({"dtype":"F32","shape":["1"],"data_offsets":[0,4]})"), 4,
       "at byte 39: tensor 't': in its shape stands a string, not an integer from 0 on"},
      {one(R"({"dtype":"F32","shape":[1],"data_offsets":[4]})"), 4,
       "at byte 57: tensor 't': its data_offsets are not two integers"},
      {one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,4,4]})"), 4,
       "at byte 61: tensor 't': its data_offsets are more than two integers"},
      {one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,null]})"), 4,
       "at byte 58: tensor 't': in its data_offsets stands null, not an integer from 0 on"},
      {one(R"({"dtype":"F32","shape":[1],"data_offsets":[4,0]})"), 4,
       "tensor 't': it ends at 0, before it begins at 4"},
      {one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,8]})"), 8,
       "tensor 't': its 1 elements of F32 take 32 bits, and its place is 8 bytes long"},
      {one(R"({"dtype":"F4","shape":[3],"data_offsets":[0,2]})"), 2,
       "tensor 't': its 3 elements of F4 take 12 bits, and its place is 2 bytes long"},
      {one(R"({"dtype":"F32","shape":[)" + huge + R"(],"data_offsets":[0,4]})"), 4,
       "tensor 't': its shape has more elements than can be counted"},
      {one(R"({"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]})"), 0,
       "tensor 't': its shape has more elements than can be counted"},
      {one(R"({"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]})"), 0,
       "tensor 't': its shape has more elements than can be counted"},
      {one(R"({"dtype":"F32","shape":[1],"data_offsets":[)" + huge + ",9223372036854775812]}"), 4,
       "tensor 't': it ends at byte 9223372036854775910, and the file has 102"},
      {one(R"({"dtype":"U8","shape":[1],"data_offsets":[18446744073709551614,18446744073709551615]})"), 4,
       "tensor 't': it ends at byte 18446744073709551714, and the file has 103"},
      {one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,99999999999999999999]})"), 4,
       "at byte 78: tensor 't': in its data_offsets stands 1e+20, not an integer from 0 on"},
      {one(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})"), 4,
       "tensor 't': it ends at byte 70, and the file has 66"},
      {one(R"({"dtype":"F32","shape":[1],"data_offsets":[4,8]})"), 8,
       "the bytes 62 to 66, before the tensor 't', belong to none"},
      {one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]})"), 6,
       "its tensors end at byte 66, and the file has 68"},
      {R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})",
       6, "the tensors 'a' and 'b' overlap at byte 115"},
      {R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[0],"data_offsets":[2,2]}})",
       4, "the tensors 'a' and 'b' overlap at byte 115"},
      {R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[0],"data_offsets":[4,4]}})",
       4, "it has two tensors 'a'"},
      {one(R"({"more":)" + std::string(100'000, '[')), 0,
       "at byte 83: tensor 't': it is nested more than 64 deep"},
      {R"({"__metadata__":)" + std::string(100, '{'), 0, "at byte 25: this is no JSON: syntax error"},
      {one(R"({"shape":[1)" + many(",1", 100) + "]}"), 0,
       "at byte 152: tensor 't': its shape has more than 64 dimensions"},
      {"{\"" + std::string(70'000, 'n') + "\":1}", 0, "at byte 70010: a name is longer than 65535 bytes"},
  };
  for (const Case& c : cases)
    EXPECT_EQ(refusal(safetensors_file(c.json, c.data)), c.message) << c.json.substr(0, 200);
}

TEST(Safetensors, RefusesLengthsThatTheFileDoesNotHold) {
  EXPECT_EQ(refusal(""), "it is 0 bytes long, which is no safetensors file");
  EXPECT_EQ(refusal("\1"), "it is 1 byte long, which is no safetensors file");
  EXPECT_EQ(refusal(little_endian(3, 8) + "{}"), "its header should be 3 bytes long, and only 2 are there");
  for (const uint64_t length : {uint64_t{100'000'001}, uint64_t{1} << 63, ~uint64_t{0}}) {
    EXPECT_EQ(
        refusal(little_endian(length, 8) + "{}"),
        fmt::format("its first 8 bytes give its header {} bytes; at most 100000000 are allowed", length));
  }
  EXPECT_EQ(refusal("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 3\n"),
            "it is a pointer of Git LFS, not the weights");
}

// Garbage is refused where it begins, however long the header says it is.
TEST(Safetensors, ReadsNoMoreThanItTakesToRefuse) {
  for (const std::string begin : {"", "x", "{", "{\"a\":", "{}x"}) {
    CountedBytes source(little_endian(100'000'000, 8) + begin, 200'000'000);
    EXPECT_THROW(read_safetensors(source), Error);
    EXPECT_LE(source.count, 1U << 20) << begin;
  }
}

TEST(Safetensors, GoesThroughSoMuchBesidesTensorsOnly) {
  const std::string more = ": it says more besides its tensors than is read",
                    metadata = R"({"__metadata__":{)";
  for (const std::string& json : {
           metadata + many(R"("k":"v",)", 200'000) + R"("k":"v"}})",
           metadata + R"("k":")" + std::string(17'000'000, 'v') + "\"}}",
           metadata + R"("k":[)" + many("[],", 200'000) + "1]}}",
           one(R"({"more":[)" + many("1,", 200'000) + "1]}"),
           one(R"({"more":[)" + many("null,", 200'000) + "1]}"),
           one("{" + many(R"("more":true,)", 200'000) + R"("more":1})"),
       }) {
    EXPECT_NE(refusal(safetensors_file(json, 0)).find(more.substr(2)), std::string::npos)
        << json.substr(0, 60);
  }
  EXPECT_EQ(refusal(safetensors_file(metadata + R"("k":")" + std::string(15'000'000, 'v') + "\"}}", 0)), "");
}

TEST(Safetensors, RefusesMoreTensorsThanAnyModelHas) {
  std::string json = "{";
  for (uint64_t i = 0; i <= max_tensors; ++i)
    json += fmt::format(R"({}"{}":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})", i ? "," : "", i);
  EXPECT_NE(refusal(safetensors_file(json + "}", 0)).find("it has more than 200000 tensors"),
            std::string::npos);
}

// A header of several pieces, so that names, numbers and literals are cut anywhere: piece by piece it comes
// out as it was written.
TEST(Safetensors, ReadsLongHeadersInPieces) {
  std::string json = "{";
  const size_t count = 9001;
  for (size_t i = 0; i < count; ++i) {
    json += fmt::format(R"({}"layers.{}.\u00e9{}":{{"dtype":"BF16","shape":[{},2],"data_offsets":[{},{}]}})",
                        i ? "," : "", i, std::string(i % 7, 'x'), 1, 4 * i, 4 * i + 4);
  }
  const std::vector<TensorInfo> tensors = read(safetensors_file(json + "}", 4 * count));
  ASSERT_EQ(tensors.size(), count);
  for (size_t i = 0; i < count; ++i) {
    EXPECT_EQ(tensors[i].name, fmt::format("layers.{}.é{}", i, std::string(i % 7, 'x')));
    EXPECT_EQ(tensors[i].begin, 8 + json.size() + 1 + 4 * i);
    EXPECT_EQ(tensors[i].elements, 2U);
  }
}

TEST(Safetensors, SurvivesEveryCutAndChangedByte) {
  const std::string file = safetensors_file(
      R"({"__metadata__":{"a":"b"},"w":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}})", 8);
  expect_harmless(read_safetensors, file);
}

}  // namespace
}  // namespace testloom
