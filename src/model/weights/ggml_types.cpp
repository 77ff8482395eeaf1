#include "model/weights/ggml_types.h"

#include <algorithm>
#include <array>

namespace testloom {

namespace {

constexpr uint64_t kBlock = 32;
constexpr uint64_t kSuperblock = 256;  // ggml's QK_K

// Bytes as the blocks are made: scales and minimums first, then the packed elements.
constexpr std::array kTypes = {
    GgmlType{0, "F32", 1, 4},
    GgmlType{1, "F16", 1, 2},
    GgmlType{2, "Q4_0", kBlock, 2 + 16},
    GgmlType{3, "Q4_1", kBlock, 2 + 2 + 16},
    GgmlType{6, "Q5_0", kBlock, 2 + 4 + 16},
    GgmlType{7, "Q5_1", kBlock, 2 + 2 + 4 + 16},
    GgmlType{8, "Q8_0", kBlock, 2 + 32},
    GgmlType{9, "Q8_1", kBlock, 2 + 2 + 32},
    GgmlType{10, "Q2_K", kSuperblock, 2 + 2 + 16 + 64},
    GgmlType{11, "Q3_K", kSuperblock, 2 + 64 + 32 + 12},
    GgmlType{12, "Q4_K", kSuperblock, 2 + 2 + 12 + 128},
    GgmlType{13, "Q5_K", kSuperblock, 2 + 2 + 12 + 32 + 128},
    GgmlType{14, "Q6_K", kSuperblock, 2 + 16 + 64 + 128},
    GgmlType{15, "Q8_K", kSuperblock, 4 + 256 + 32},
    GgmlType{16, "IQ2_XXS", kSuperblock, 2 + 64},
    GgmlType{17, "IQ2_XS", kSuperblock, 2 + 64 + 8},
    GgmlType{18, "IQ3_XXS", kSuperblock, 2 + 96},
    GgmlType{19, "IQ1_S", kSuperblock, 2 + 32 + 16},
    GgmlType{20, "IQ4_NL", kBlock, 2 + 16},
    GgmlType{21, "IQ3_S", kSuperblock, 2 + 64 + 8 + 32 + 4},
    GgmlType{22, "IQ2_S", kSuperblock, 2 + 64 + 8 + 8},
    GgmlType{23, "IQ4_XS", kSuperblock, 2 + 2 + 4 + 128},
    GgmlType{24, "I8", 1, 1},
    GgmlType{25, "I16", 1, 2},
    GgmlType{26, "I32", 1, 4},
    GgmlType{27, "I64", 1, 8},
    GgmlType{28, "F64", 1, 8},
    GgmlType{29, "IQ1_M", kSuperblock, 32 + 16 + 8},
    GgmlType{30, "BF16", 1, 2},
    // Rows of other types interleaved for some processors: taken back since, and still about.
    GgmlType{31, "Q4_0_4_4", kBlock, 2 + 16},
    GgmlType{32, "Q4_0_4_8", kBlock, 2 + 16},
    GgmlType{33, "Q4_0_8_8", kBlock, 2 + 16},
    GgmlType{34, "TQ1_0", kSuperblock, 2 + 4 + 48},
    GgmlType{35, "TQ2_0", kSuperblock, 2 + 64},
    GgmlType{36, "IQ4_NL_4_4", kBlock, 2 + 16},
    GgmlType{37, "IQ4_NL_4_8", kBlock, 2 + 16},
    GgmlType{38, "IQ4_NL_8_8", kBlock, 2 + 16},
    GgmlType{39, "MXFP4", kBlock, 1 + 16},
    GgmlType{40, "NVFP4", 64, 4 + 32},
    GgmlType{41, "Q1_0", 128, 2 + 16},
};

}  // namespace

const GgmlType* find_ggml_type(uint32_t number) {
  const auto* found =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const GgmlType& type) { return type.number == number; });
  return found == kTypes.end() ? nullptr : found;
}

}  // namespace testloom
