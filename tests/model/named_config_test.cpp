// Configs made of names: published shapes, scaled ones, what neither says, and keys.
#include "model/estimate/named_config.h"

#include <cmath>
#include <random>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "base/files.h"
#include "model/estimate/estimate_by_name.h"
#include "model/estimate/named_scale.h"
#include "model/estimate/named_shapes.h"
#include "model/family/family.h"
#include "model/files/json_text.h"
#include "model/parameters/parameters.h"
#include "testloom/error.h"

namespace testloom {
namespace {

double parameters_of(const ModelConfig& config) {
  return static_cast<double>(count_parameters(config, sized_class(config)).total);
}

struct Case {
  const char* name;
  const char* family;
  const char* model_type;
  double millions;  // of the published model
  const char* why;
};

class NamedConfig : public testing::TestWithParam<Case> {};

TEST_P(NamedConfig, IsThePublishedModel) {
  const Case& wanted = GetParam();
  const std::optional<NamedModel> model = model_from_name(wanted.name, wanted.family, "");
  ASSERT_TRUE(model) << wanted.name;
  EXPECT_EQ(model->config.model_type(), wanted.model_type);
  EXPECT_NEAR(parameters_of(model->config) / 1e6 / wanted.millions, 1, 0.02) << wanted.name;
  EXPECT_EQ(model->why, wanted.why);
}

INSTANTIATE_TEST_SUITE_P(
    Published, NamedConfig,
    testing::Values(
        Case{"Qwen/Qwen2.5-7B-Instruct", "text_generation", "qwen2", 7616,
             "7B in its name, shaped like qwen2"},
        Case{"pythia-410m", "text_generation", "gpt_neox", 405.3, "410M in its name, shaped like pythia"},
        Case{"Mixtral-8x7B", "text_generation", "mixtral", 46703, "46.2B in its name, shaped like mixtral"},
        Case{"acme/mistral-4x7B", "text_generation", "mixtral", 24154,
             "4x7B in its name, shaped like mistral"},
        Case{"Qwen3-30B-A3B", "text_generation", "qwen3_moe", 30532,
             "30B in its name, shaped like qwen3_moe"},
        Case{"Qwen/Qwen-3B", "text_generation", "qwen2", 3086, "3B in its name, shaped like qwen2"},
        Case{"gpt2-xl", "text_generation", "gpt2", 1557.6, "shaped like gpt2 xl"},
        Case{"DeepSeek-R1-Distill-Llama-8B", "text_generation", "llama", 8030,
             "8B in its name, shaped like llama"},
        Case{"DeepSeek-R1", "text_generation", "llama", 671026, "known to have 671B, shaped like llama"},
        Case{"bert-large-uncased", "text_embedding", "bert", 335.1, "shaped like bert large"},
        Case{"whisper-large-v3-turbo", "audio", "whisper", 808.9, "shaped like whisper large v3 turbo"},
        Case{"whisper-large-v2", "audio", "whisper", 1543.3, "shaped like whisper large"},
        Case{"vit-base-patch16-224", "vision", "vit", 86.4, "shaped like vit base"},
        Case{"resnet18.a1_in1k", "vision", "resnet", 11.2, "shaped like resnet 18"},
        Case{"clip-vit-large-patch14", "multimodal", "clip", 427.6, "shaped like clip large"},
        Case{"llama-finetuned", "text_generation", "llama", 6738, "shaped like a usual llama"},
        Case{"some-20B", "", "llama", 20000, "20B in its name, shaped like llama"}));

TEST(NamedConfigUsual, TypeIsTheFamilysAndTasks) {
  const auto type = [](const char* name, const char* family, const char* task) {
    const auto model = model_from_name(name, family, task);
    return model ? model->config.model_type() : std::string();
  };
  EXPECT_EQ(type("x-300M", "text_embedding", ""), "bert");
  EXPECT_EQ(type("x-300M", "vision", ""), "vit");
  EXPECT_EQ(type("x-300M", "audio", "automatic-speech-recognition"), "whisper");
  EXPECT_EQ(type("x-300M", "audio", "audio-classification"), "wav2vec2");
  EXPECT_EQ(type("x-300M", "multimodal", ""), "clip");
  EXPECT_EQ(type("x-8B", "multimodal", ""), "llava");
  EXPECT_EQ(type("x-8B", "diffusion", ""), "");
  EXPECT_EQ(type("x", "text_generation", ""), "");
  // A type of another family is no evidence.
  EXPECT_EQ(type("bert-900M", "vision", ""), "vit");
}

// Every shape of the table can be estimated, and has about the size that its label says. Rounded names are
// off by up to 40 %: gemma-2b has 2.5 B.
TEST(NamedShapesTable, HoldsModelsOfTheSizesItSays) {
  const NamedShapes& shapes = named_shapes();
  size_t sized = 0;
  for (uint16_t line = 0; line < shapes.lines().size(); ++line) {
    for (uint16_t shape = 0; shape < shapes.lines()[line].shapes.size(); ++shape) {
      const ModelConfig config = ModelConfig::read(shapes.config(line, shape));
      const NamedShape& row = shapes.lines()[line].shapes[shape];
      SCOPED_TRACE(shapes.lines()[line].name + " " + row.label);
      EXPECT_GT(estimate_memory(config, {}).peak_process_bytes, 0);
      if (row.size == 0) continue;
      ++sized;
      EXPECT_GT(parameters_of(config) / row.size, 0.88);
      EXPECT_LT(parameters_of(config) / row.size, 1.4);
    }
  }
  EXPECT_GT(sized, 80u);
}

// From twice the tables that a type keeps on, any size is met within 10 %.
TEST(ScaledConfig, HasTheSizeThatWasAsked) {
  const NamedShapes& shapes = named_shapes();
  for (const char* name : {"llama", "qwen2", "mistral", "gpt2", "bloom", "gemma2", "bert", "deberta-v2",
                           "vit", "t5", "bart", "whisper", "wav2vec2", "mamba", "qwen3_moe"}) {
    const boost::json::object base = shapes.config(shapes.find_line(name).value(), std::nullopt);
    for (double wanted = 1e8; wanted < 3e11; wanted *= 1.37) {
      const ModelConfig config = scaled_config(base, wanted);
      const ParameterCount count = count_parameters(config, sized_class(config));
      if (wanted < 2.0 * static_cast<double>(count.embedding)) continue;
      EXPECT_NEAR(static_cast<double>(count.total) / wanted, 1, 0.1) << name << " at " << wanted;
    }
  }
}

// scripts/report-named-sizes says more.
TEST(NamedConfigAccuracy, HoldsOnPublicModels) {
  const std::string text =
      read_file(TESTLOOM_SOURCE_DIR "/bench/data/named_sizes.json", 1 << 20, ErrorKind::spec);
  const boost::json::object file = parse_json_object(text, "named_sizes.json");
  size_t said = 0, near = 0, under = 0;
  const boost::json::object& models = file.at("models").as_object();
  for (const auto& [name, row] : models) {
    const FamilyGuess guess = detect_family(name);
    const auto model = model_from_name(name, guess.model_family, guess.task);
    if (!model) continue;
    const double truth = row.at("parameters").to_number<double>();
    const double off = parameters_of(model->config) / truth - 1;
    ++said;
    near += std::abs(off) < 0.15;
    under += off < -0.25;
  }
  EXPECT_GE(models.size(), 200u);
  EXPECT_GE(said, models.size() * 95 / 100);
  EXPECT_GE(near, said * 95 / 100);
  EXPECT_LE(under, said * 3 / 100);
}

TEST(NamedKey, IsOneForModelsThatAreMadeAlike) {
  const auto key = [](const char* name) { return named_key(name, "text_generation", ""); };
  EXPECT_EQ(key("a/Qwen2.5-7B-Instruct"), key("b/qwen2-7b-chat"));
  EXPECT_NE(key("llama-7b"), key("llama-13b"));
  EXPECT_NE(key("llama-7b"), key("mistral-7b"));
  EXPECT_EQ(key("foo"), 0u);
  EXPECT_FALSE(model_from_key(0));
  EXPECT_EQ(model_from_key(key("x-1.1B"))->parameters, 1.1e9);
  EXPECT_EQ(model_from_key(key("gpt2-xl"))->parameters, 0);
}

// Whatever the name, there is an estimate, a refusal in words, or nothing; never a crash.
TEST(NamedKey, TakesAnyBytes) {
  std::mt19937 random(11);
  const char* parts[] = {"llama",  "bert",    "7b",     "large", "-",       "_",     "0.001B", "9999B",
                         "3x",     "8x7b",    "clip",   "qwen3", "t5",      "A3B",   "swin",   "gpt",
                         "tiny",   "9999T",   "/",      "\xff",  "vit",     "llava", "4m",     "999x9B",
                         "albert", "whisper", "hubert", "E2B",   "gemma 3", "."};
  const char* families[] = {"text_generation", "text_embedding", "vision", "audio", "multimodal", "",
                            "diffusion"};
  size_t made = 0, refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string name;
    for (size_t count = random() % 6; count > 0; --count) {
      name += parts[random() % std::size(parts)];
      if (random() % 2) name += '-';
    }
    Workload work;
    work.model_family = families[random() % std::size(families)];
    try {
      made += estimate_by_name(name, work).origin == "name";
    } catch (const Error& error) {
      ++refused;
      ADD_FAILURE() << name << " (" << work.model_family << "): " << error.what();
      if (refused > 5) break;
    }
  }
  EXPECT_GT(made, 5000u);
}

TEST(NamedShapesTable, BadRowsAreRefused) {
  const auto told = [](const char* text) -> std::string {
    try {
      NamedShapes(text, "table.tsv");
    } catch (const Error& error) {
      return error.what();
    }
    return "nothing";
  };
  EXPECT_EQ(told("line\tbert\t-\tbert\n"), "nothing");
  for (const char* bad :
       {"line\tbert\t-\n", "line\tberta\t-\tx\n", "line\tbert\t-\tbert\nline\tbert\t-\tx\n",
        "shape\tbert\tl\ta=1\n", "line\tbert\tsize\tbert\n", "line\tbert\ta=[\tbert\n",
        "line\tbert\t-\tbert\nknown\tbert\tbig\tx\n", "line\tbert\t-\tbert\nmixture\tbert\tx\t-\n",
        "line\tbert\t-\tbert\nodd\tbert\tx\t-\n", "line\tbert\t-\tbert\nline\tgpt2\t-\tbert\n"}) {
    EXPECT_TRUE(told(bad).starts_with("table.tsv:")) << bad << told(bad);
  }
}

}  // namespace
}  // namespace testloom
