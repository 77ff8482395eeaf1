// What configs say: cases that are easily got wrong, all types and classes of the table, labelled names by
// their model types, and configs that are not what they should be.
#include "model/family/config_family.h"

#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "base/files.h"
#include "model/family/model_types.h"
#include "model/files/json_text.h"

namespace testloom {
namespace {

FamilyGuess of(std::string_view text) { return family_of_config(parse_json_object(text, "config.json")); }

TEST(ConfigFamily, Cases) {
  struct Case {
    std::string_view config, family, task;
  };
  const std::vector<Case> cases = {
      {R"({"architectures": ["BertForMaskedLM"], "model_type": "bert"})", "text_embedding", "fill-mask"},
      {R"({"architectures": ["BertForSequenceClassification"], "model_type": "bert"})", "text_embedding",
       "text-classification"},
      {R"({"architectures": ["BertLMHeadModel"], "model_type": "bert"})", "text_generation",
       "text-generation"},
      {R"({"model_type": "bert"})", "text_embedding", "fill-mask"},
      {R"({"architectures": ["BertForMaskedLM"]})", "text_embedding", "fill-mask"},
      {R"({"architectures": ["LlamaForSequenceClassification"], "model_type": "llama"})", "text_embedding",
       "text-classification"},
      {R"({"architectures": ["T5EncoderModel"], "model_type": "t5"})", "text_embedding",
       "feature-extraction"},
      {R"({"architectures": ["T5ForConditionalGeneration"], "model_type": "t5"})", "text_generation",
       "text2text-generation"},
      {R"({"model_type": "clip_vision_model"})", "vision", "image-feature-extraction"},
      {R"({"architectures": ["CLIPVisionModel"], "model_type": "clip_vision_model"})", "vision",
       "image-feature-extraction"},
      {R"({"architectures": ["CLIPTextModelWithProjection"], "model_type": "clip_text_model"})",
       "text_embedding", "feature-extraction"},
      {R"({"architectures": ["CLIPModel"], "model_type": "clip"})", "multimodal",
       "zero-shot-image-classification"},
      {R"({"architectures": ["Wav2Vec2ForCTC"], "model_type": "wav2vec2"})", "audio",
       "automatic-speech-recognition"},
      {R"({"architectures": ["Wav2Vec2ForSequenceClassification"], "model_type": "wav2vec2"})", "audio",
       "audio-classification"},
      {R"({"architectures": ["VisionEncoderDecoderModel"], "model_type": "vision-encoder-decoder"})",
       "multimodal", "image-to-text"},
      {R"({"architectures": ["Gemma3ForCausalLM"], "model_type": "gemma3_text"})", "text_generation",
       "text-generation"},
      {R"({"architectures": ["Gemma3ForConditionalGeneration"], "model_type": "gemma3"})", "multimodal",
       "image-text-to-text"},
      {R"({"architectures": ["LayoutLMForTokenClassification"], "model_type": "layoutlm"})", "multimodal",
       "document-question-answering"},
      {R"({"architectures": ["Qwen2VLForConditionalGeneration"], "model_type": "qwen2_vl"})", "multimodal",
       "image-text-to-text"},
      {R"({"model_type": "blip_2"})", "multimodal", "image-to-text"},
      // Code of the checkpoint's own.
      {R"({"architectures": ["BaichuanForCausalLM"], "model_type": "baichuan"})", "text_generation",
       "text-generation"},
      {R"({"architectures": ["InternVLChatModel"], "model_type": "internvl_chat"})", "multimodal",
       "image-text-to-text"},
      {R"({"architectures": ["InternLMXComposer2ForCausalLM"], "model_type": "internlmxcomposer2"})",
       "multimodal", "image-text-to-text"},
      {R"({"architectures": ["Phi3VForCausalLM"], "model_type": "phi3_v"})", "multimodal",
       "image-text-to-text"},
      {R"({"architectures": ["LlavaMistralForCausalLM"], "model_type": "mistral"})", "multimodal",
       "image-text-to-text"},
      {R"({"architectures": ["AcmeForCausalLM"], "model_type": "acme"})", "text_generation",
       "text-generation"},
      {R"({"architectures": ["AcmeForCausalLM"], "model_type": "acme", "vision_config": {}})", "multimodal",
       "image-text-to-text"},
      {R"({"architectures": ["LlamaForCausalLM"], "model_type": "llama", "mm_vision_tower": "x"})",
       "multimodal", "image-text-to-text"},
      {R"({"architectures": ["AcmeForObjectDetection"]})", "vision", "object-detection"},
      // Only what is within.
      {R"({"text_config": {"model_type": "qwen2"}})", "text_generation", "text-generation"},
      {R"({"text_config": {"model_type": "qwen2"}, "vision_config": {}})", "multimodal",
       "image-text-to-text"},
      {R"({"text_config": {"model_type": "qwen2"}, "audio_config": {}})", "multimodal", "audio-text-to-text"},
      {R"({"vision_config": {}})", "vision", "image-feature-extraction"},
      {R"({"audio_config": {}})", "audio", ""},
      {R"({"model_type": "acme_x", "text_config": {"text_config": {"model_type": "bert"}}})",
       "text_embedding", "fill-mask"},
      // timm, diffusers.
      {R"({"architecture": "resnet50", "num_classes": 1000, "pretrained_cfg": {}})", "vision",
       "image-classification"},
      {R"({"_class_name": "UNet2DConditionModel", "_diffusers_version": "0.30"})", "diffusion",
       "text-to-image"},
      {R"({"_class_name": "AutoencoderKLCogVideoX"})", "diffusion", "text-to-video"},
      // Says nothing.
      {R"({})", "unknown", ""},
      {R"({"architectures": [], "model_type": ""})", "unknown", ""},
      {R"({"architectures": "BertModel", "model_type": 7})", "unknown", ""},
      {R"({"architectures": [7, "BertModel"], "text_config": []})", "unknown", ""},
      {R"({"model_type": "decision_transformer", "text_config": {"model_type": "bert"}})", "unknown", ""},
      {R"({"model_type": "acme"})", "unknown", ""},
      {R"({"hidden_size": 4})", "unknown", ""},
  };
  for (const Case& each : cases) {
    const FamilyGuess found = of(each.config);
    EXPECT_EQ(found.model_family, each.family) << each.config << found.evidence;
    EXPECT_EQ(found.task, each.task) << each.config << found.evidence;
    EXPECT_EQ(found.origin, each.family == "unknown" ? "none" : "config");
    EXPECT_EQ(found.confidence > 0, each.family != "unknown");
  }
}

// Every type alone, every class alone and with its type.
TEST(ConfigFamily, AllTypesAndClasses) {
  const ModelTypes& types = model_types();
  const auto or_unknown = [](std::string_view family) { return family.empty() ? "unknown" : family; };
  for (const ModelType& type : types.rows()) {
    const FamilyGuess found = family_of_config({{"model_type", type.name}});
    EXPECT_EQ(found.model_family, or_unknown(type.family)) << type.name;
    EXPECT_EQ(found.task, type.task) << type.name;
  }
  for (const ModelClass& each : types.classes()) {
    const ModelType& type = types.rows()[each.type];
    const boost::json::array classes = {each.name, "BertModel"};
    const FamilyGuess with_type = family_of_config({{"architectures", classes}, {"model_type", type.name}});
    EXPECT_EQ(with_type.model_family, or_unknown(each.family)) << each.name;
    EXPECT_EQ(with_type.task, each.task) << each.name;
    const FamilyGuess alone = family_of_config({{"architectures", classes}});
    EXPECT_NE(alone.model_family == "unknown", !each.family.empty()) << each.name;
  }
}

// The labels are those of the names, so this is no measure of the table by itself.
TEST(ConfigFamily, LabelledNamesByTheirModelTypes) {
  const std::filesystem::path path =
      std::filesystem::path(TESTLOOM_SOURCE_DIR) / "bench/data/family_names.json";
  const auto data = boost::json::parse(read_file(path, 1 << 24, ErrorKind::spec));
  double right = 0, total = 0;
  std::string missed;
  for (const auto& entry : data.at("names").as_object()) {
    const auto& label = entry.value().as_object();
    const FamilyGuess found = family_of_config({{"model_type", label.at("model_type")}});
    const auto& family = label.at("family").as_string();
    const bool same = found.model_family == std::string_view(family.data(), family.size());
    right += same;
    total += 1;
    if (!same) {
      missed += std::string(entry.key()) + " (" + std::string(label.at("model_type").as_string()) +
                ") taken for " + found.model_family + "\n";
    }
  }
  EXPECT_GE(right / total, 0.995) << missed;
}

// Configs with pieces taken out, put elsewhere or replaced: an answer that is whole, whatever stands there.
TEST(ConfigFamily, AnyConfig) {
  const boost::json::array pieces = {"bert",
                                     "BertForMaskedLM",
                                     "CLIPVisionModel",
                                     nullptr,
                                     7,
                                     true,
                                     "",
                                     boost::json::array{"GPT2Model"},
                                     boost::json::object{{"model_type", "gpt2"}},
                                     std::string(3000, 'x'),
                                     "\xFF\xFE",
                                     "\n"};
  const std::vector<const char*> keys = {"architectures", "model_type",   "text_config",    "vision_config",
                                         "audio_config",  "architecture", "pretrained_cfg", "_class_name"};
  std::mt19937 random(1);
  for (int round = 0; round < 3000; ++round) {
    boost::json::object config;
    boost::json::object* at = &config;
    for (int count = 0; count < 6; ++count) {
      const auto& key = keys[random() % keys.size()];
      (*at)[key] = pieces[random() % pieces.size()];
      if (random() % 4 == 0) at = &((*at)["text_config"] = boost::json::object()).as_object();
    }
    const FamilyGuess found = family_of_config(config);
    EXPECT_NE(std::ranges::find(known_families(), found.model_family), known_families().end());
    EXPECT_EQ(found.origin == "none", found.model_family == "unknown");
  }
}

TEST(ConfigFamily, Architectures) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"llama", "text_generation"},
      {"qwen2vl", "multimodal"},
      {"bert", "text_embedding"},
      {"nomic-bert", "text_embedding"},
      {"jina-bert-v2", "text_embedding"},
      {"t5", "text_generation"},
      {"t5encoder", "text_embedding"},
      {"gemma2", "text_generation"},
      {"phi3", "text_generation"},
      {"command-r", "text_generation"},
      {"starcoder2", "text_generation"},
      {"deepseek2", "text_generation"},
      {"mamba", "text_generation"},
      {"gptneox", "text_generation"},
      {"clip", "multimodal"},
      {"whisper", "audio"},
      {"wavtokenizer-dec", "audio"},
      {"rwkv6", "text_generation"},
      {"chatglm", "text_generation"},
      {"gpt2", "text_generation"},
      {"", "unknown"},
      {"acme", "unknown"},
  };
  for (const auto& [architecture, family] : cases) {
    EXPECT_EQ(family_of_architecture(architecture).model_family, family) << architecture;
  }
}

}  // namespace
}  // namespace testloom
