// Sizes in names: what is one, what only looks like one, and that no bytes can upset it.
#include "model/estimate/named_size.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

namespace testloom {
namespace {

struct Case {
  const char* name;
  double billions;  // 0: no size
};

class SizeInName : public testing::TestWithParam<Case> {};

TEST_P(SizeInName, IsWhatPeopleRead) {
  const std::optional<NamedSize> size = size_in_name(GetParam().name);
  EXPECT_NEAR(size ? size->parameters / 1e9 : 0, GetParam().billions, 1e-9) << GetParam().name;
}

INSTANTIATE_TEST_SUITE_P(
    Sizes, SizeInName,
    testing::Values(Case{"Qwen/Qwen2.5-7B-Instruct", 7}, Case{"pythia-410m", 0.41}, Case{"opt-1.3b", 1.3},
                    Case{"7b", 7}, Case{"EleutherAI/pythia410m", 0.41}, Case{"command-r7b-12-2024", 7},
                    Case{"bloom-7b1", 7.1}, Case{"rwkv-4-1b5-pile", 1.5}, Case{"Qwen-1_8B-Chat", 1.8},
                    Case{"qwen3_8b", 8}, Case{"bigscience/T0_3B", 3}, Case{"codegen2-3_7B", 3.7},
                    Case{"internlm2_5-7b-chat-1m", 7}, Case{"qwen2.5.7b", 7}, Case{"vicuna-7bv1.5", 7},
                    Case{"Ling-1T", 1000}, Case{"TinyLlama-1.1B-intermediate-step-1431k-3T", 1.1},
                    Case{"TinyLlama-1.1B-step-50K-105b", 1.1}, Case{"llama-7b-to-13b-merge", 13},
                    Case{"models--acme--net-3B/snapshots/0", 3}, Case{"a/7b/net", 0},
                    Case{"acme-7b/net", 0}));

INSTANTIATE_TEST_SUITE_P(Mixtures, SizeInName,
                         testing::Values(Case{"Mixtral-8x7B", 46.2}, Case{"Mixtral-8x22B-v0.1", 145.2},
                                         Case{"1x7B", 7}, Case{"Qwen3-30B-A3B", 30},
                                         Case{"granite-3.0-1b-a400m", 1}, Case{"Qwen1.5-MoE-A2.7B", 16.2},
                                         Case{"gemma-3n-E4B", 7.8}));

INSTANTIATE_TEST_SUITE_P(
    NoSizes, SizeInName,
    testing::Values(Case{"", 0}, Case{"b", 0}, Case{"llama-4bit", 0}, Case{"net-int4", 0},
                    Case{"net-bf16", 0}, Case{"Yi-200K", 0}, Case{"phi-3-mini-128k", 0}, Case{"net-32k", 0},
                    Case{"net-1M", 0}, Case{"net-1M-context", 0}, Case{"vit-base-patch16-224", 0},
                    Case{"net-v2.5", 0}, Case{"net-20240528", 0}, Case{"gpt2-100m-tokens", 0},
                    Case{"babylm-100M", 0}, Case{"CLIP-ViT-H-14-laion2B-s32B-b79K", 0},
                    Case{"siglip-so400m", 0}, Case{"laion-400m", 0}, Case{"wav2vec2-base-960h", 0},
                    Case{"net-0b", 0}, Case{"net-12345b", 0}, Case{"7bit", 0}, Case{"abc8bc", 0},
                    Case{"m2m100", 0}, Case{"3T", 3000}, Case{"3t", 0}, Case{"100T", 0}, Case{"é7b", 0}));

TEST(SizeInNameParts, AreTold) {
  const NamedSize mixture = size_in_name("Mixtral-8x7B").value();
  EXPECT_EQ(mixture.experts, 8);
  EXPECT_EQ(mixture.each, 7e9);
  const NamedSize active = size_in_name("Qwen3-235B-A22B").value();
  EXPECT_EQ(active.active, 22e9);
  EXPECT_EQ(active.parameters, 235e9);
}

TEST(SizeInNameParts, AnyBytesGiveASizeOrNone) {
  std::mt19937 random(7);
  constexpr std::string_view likely = "0123456789.-_ xXbBmMTtaAeE/vV";
  for (int round = 0; round < 200'000; ++round) {
    std::string name(random() % 40, '\0');
    for (char& c : name) c = random() % 8 ? likely[random() % likely.size()] : static_cast<char>(random());
    const std::optional<NamedSize> size = size_in_name(name);
    if (!size) continue;
    ASSERT_GT(size->parameters, 0) << name;
    ASSERT_LE(size->parameters, 2e13) << name;
  }
}

}  // namespace
}  // namespace testloom
