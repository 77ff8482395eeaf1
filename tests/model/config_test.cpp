#include "model/config/config.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <boost/json/parse.hpp>

#include "base/embedded.h"
#include "model/config/classes.h"
#include "model/config/defaults.h"
#include "model/config/shapes.h"

namespace testloom {
namespace {

ModelConfig read(std::string_view json) { return ModelConfig::read(boost::json::parse(json).as_object()); }

template <typename Ask>
std::string refusal(Ask ask) {
  try {
    ask();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::spec);
    return error.message();
  }
  return "";
}

TEST(ModelConfig, WhatIsMissingIsTheClassesDefault) {
  const ModelConfig config = read(R"({"model_type": "bert", "hidden_size": 128, "type_vocab_size": null})");
  EXPECT_EQ(config.integer("hidden_size"), 128);
  EXPECT_EQ(config.integer("vocab_size"), 30522);
  EXPECT_EQ(config.text("hidden_act"), "gelu");
  EXPECT_TRUE(config.flag("tie_word_embeddings"));
  EXPECT_FALSE(config.has("type_vocab_size"));  // null is no value, and no default either
  EXPECT_EQ(config.integer("type_vocab_size", 7), 7);
  EXPECT_FALSE(config.has("no_such_key"));
}

TEST(ModelConfig, KeysGoByAllTheirNames) {
  const ModelConfig by_own = read(R"({"model_type": "gpt2", "n_embd": 64})");
  EXPECT_EQ(by_own.integer("hidden_size"), 64);
  EXPECT_EQ(by_own.integer("n_embd"), 64);
  const ModelConfig by_other = read(R"({"model_type": "gpt2", "hidden_size": 32, "n_embd": 64})");
  EXPECT_EQ(by_other.integer("n_embd"), 32);
  // A key that is no field is set after those that are.
  EXPECT_EQ(
      read(R"({"model_type": "qwen3_moe", "num_local_experts": 4, "num_experts": 6})").integer("num_experts"),
      4);
  // A default whose key has another name itself.
  EXPECT_EQ(ModelConfig::of_type("qwen3_moe").integer("num_experts"), 128);
}

TEST(ModelConfig, PartsAreConfigsWithDefaultsOfTheirOwn) {
  const ModelConfig given =
      read(R"({"model_type": "llava", "text_config": {"model_type": "qwen2", "hidden_size": 8}})");
  EXPECT_EQ(given.part("text_config").model_type(), "qwen2");
  EXPECT_EQ(given.part("text_config").integer("hidden_size"), 8);
  EXPECT_EQ(given.part("text_config").integer("vocab_size"), 151936);
  EXPECT_TRUE(given.part_is_given("text_config"));
  // A missing part is not all defaults of its type: the class gives some values of its own.
  EXPECT_EQ(given.part("vision_config").model_type(), "clip_vision_model");
  EXPECT_EQ(given.part("vision_config").integer("hidden_size"), 1024);
  EXPECT_FALSE(given.part_is_given("vision_config"));
  // But a part that is there takes the defaults of its type.
  const ModelConfig empty = read(R"({"model_type": "llava", "vision_config": {}})");
  EXPECT_EQ(empty.part("vision_config").integer("hidden_size"), 768);
  EXPECT_EQ(empty.find_part("audio_config"), nullptr);
  // Parts of an unknown type.
  const ModelConfig unknown = read(R"({"model_type": "new_thing", "text_config": {"model_type": "llama"}})");
  EXPECT_FALSE(unknown.has_defaults());
  EXPECT_EQ(unknown.part("text_config").integer("vocab_size"), 32000);
}

TEST(ModelConfig, OldWaysToSayAPartAreRead) {
  const ModelConfig twice = read(
      R"({"model_type": "clip", "text_config": {"hidden_size": 4}, "text_config_dict": {"hidden_size": 8}})");
  EXPECT_EQ(twice.part("text_config").integer("hidden_size"), 8);
  const ModelConfig flat =
      read(R"({"model_type": "qwen2_vl", "hidden_size": 1536, "vision_config": {"hidden_size": 12}})");
  EXPECT_EQ(flat.part("text_config").integer("hidden_size"), 1536);
  EXPECT_EQ(flat.part("vision_config").integer("hidden_size"), 12);
}

TEST(ModelConfig, LabelsAreCountedOrNamed) {
  EXPECT_EQ(read(R"({"model_type": "bert"})").labels(), 2);
  EXPECT_EQ(read(R"({"model_type": "bart"})").labels(), 3);
  EXPECT_EQ(read(R"({"model_type": "bert", "num_labels": 7})").labels(), 7);
  EXPECT_EQ(read(R"({"model_type": "bert", "id2label": {"0": "no"}})").labels(), 1);
  EXPECT_EQ(read(R"({"model_type": "bert", "num_labels": 7, "id2label": {"0": "no"}})").labels(), 7);
}

TEST(ModelConfig, TheTypeMayFollowFromTheClass) {
  EXPECT_EQ(read(R"({"architectures": ["GPTNeoXForCausalLM"]})").model_type(), "gpt_neox");
  for (const char* json : {"{}", R"({"architectures": ["NoSuchModel"]})", R"({"architectures": []})"}) {
    EXPECT_EQ(refusal([&] { read(json); }),
              "config.json: there is no model_type, and no known class in architectures");
  }
}

TEST(ModelConfig, RefusesWhatIsNoSuchValue) {
  const auto asked = [](const char* value, auto ask) {
    const ModelConfig config = read(std::string(R"({"model_type": "bert", "x": )") + value + "}");
    return refusal([&] { ask(config); });
  };
  const auto integer = [](const ModelConfig& config) { config.integer("x"); };
  const auto natural = [](const ModelConfig& config) { config.natural("x"); };
  const auto positive = [](const ModelConfig& config) { config.positive("x"); };
  const auto number = [](const ModelConfig& config) { config.number("x"); };
  const auto text = [](const ModelConfig& config) { config.text("x"); };
  const auto naturals = [](const ModelConfig& config) { config.naturals("x", 2); };
  const auto texts = [](const ModelConfig& config) { config.texts("x"); };
  EXPECT_EQ(asked("\"768\"", integer), "config.json: x is \"768\"; a whole number is needed");
  EXPECT_EQ(asked("true", integer), "config.json: x is true; a whole number is needed");
  EXPECT_EQ(asked("[1]", integer), "config.json: x is [1]; a whole number is needed");
  EXPECT_EQ(asked("1.5", integer),
            "config.json: x is 1.5E0; a whole number of at most 1000000000000 is needed");
  for (const char* large :
       {"9223372036854775807", "9223372036854775808", "-9223372036854775808", "1e300", "1000000000001"}) {
    EXPECT_NE(asked(large, integer).find("a whole number of at most 1000000000000 is needed"),
              std::string::npos)
        << large;
  }
  EXPECT_EQ(asked("null", integer), "config.json: x is missing; models of type 'bert' need it");
  EXPECT_EQ(asked("-1", natural), "config.json: x is -1; a whole number of at least 0 is needed");
  EXPECT_EQ(asked("0", positive), "config.json: x is 0; a whole number of at least 1 is needed");
  EXPECT_EQ(asked("\"a\"", number), "config.json: x is \"a\"; a number is needed");
  EXPECT_EQ(asked("7", text), "config.json: x is 7; a text is needed");
  EXPECT_EQ(asked("[1]", naturals), "config.json: x is [1]; 2 numbers are needed");
  EXPECT_EQ(asked("[1, \"a\"]", naturals), "config.json: x is [1,\"a\"]; a list of whole numbers is needed");
  EXPECT_EQ(asked("[1, -1]", naturals), "config.json: x is [1,-1]; whole numbers of at least 0 are needed");
  EXPECT_EQ(asked("[7]", texts), "config.json: x is [7]; a list of texts is needed");
  EXPECT_EQ(asked("768.0", integer), "");
}

TEST(ModelConfig, NamesThePartThatAMistakeIsIn) {
  const ModelConfig config = read(R"({"model_type": "clip", "vision_config": {"patch_size": "big"}})");
  EXPECT_EQ(refusal([&] { config.part("vision_config").integer("patch_size"); }),
            "config.json: vision_config.patch_size is \"big\"; a whole number is needed");
  EXPECT_EQ(refusal([&] { read(R"({"model_type": "clip", "vision_config": 5})"); }),
            "config.json: vision_config is 5; an object is needed");
  EXPECT_EQ(refusal([&] { read(R"({"model_type": 5})"); }),
            "config.json: model_type is 5; a model type's name is needed");
}

TEST(ModelConfig, EveryTypesDefaultsAreRead) {
  size_t types = 0;
  std::string_view text = embedded::config_defaults().front().text;
  for (; !text.empty(); text.remove_prefix(text.find('\n') + 1), ++types) {
    const boost::json::object line = boost::json::parse(text.substr(0, text.find('\n'))).as_object();
    const std::string type(line.at("model_type").as_string());
    SCOPED_TRACE(type);
    const ModelConfig config = ModelConfig::of_type(type);
    EXPECT_TRUE(config.has_defaults());
    EXPECT_EQ(config.model_type(), type);
    for (const auto& [key, value] : line.at("keys").as_object()) EXPECT_TRUE(config.has(key)) << key;
    EXPECT_NO_THROW(shapes_of(config));
    if (line.contains("classes")) {
      const std::string name(line.at("classes").as_object().begin()->value().as_string());
      EXPECT_FALSE(model_type_of_class(name).empty());
    }
  }
  EXPECT_GT(types, 500u);
}

TEST(ModelClass, IsNamedInSeveralWays) {
  const ModelConfig bert = read(R"({"model_type": "bert"})");
  EXPECT_EQ(model_class(bert), "BertModel");
  EXPECT_EQ(model_class(bert, "AutoModelForMaskedLM"), "BertForMaskedLM");
  EXPECT_EQ(model_class(bert, "fill-mask"), "BertForMaskedLM");
  EXPECT_EQ(model_class(bert, "BertForNextSentencePrediction"), "BertForNextSentencePrediction");
  EXPECT_EQ(model_class(read(R"({"model_type": "bert", "architectures": ["BertForMaskedLM"]})")),
            "BertForMaskedLM");
  EXPECT_EQ(model_class(read(R"({"model_type": "wav2vec2"})"), "automatic-speech-recognition"),
            "Wav2Vec2ForCTC");
  EXPECT_EQ(model_class(read(R"({"model_type": "whisper"})"), "automatic-speech-recognition"),
            "WhisperForConditionalGeneration");
  EXPECT_EQ(model_class(read(R"({"model_type": "blip"})"), "AutoModelForVision2Seq"),
            "BlipForConditionalGeneration");
  EXPECT_EQ(model_class(read(R"({"model_type": "no_such_type"})")), "");
  EXPECT_EQ(refusal([&] { model_class(bert, "AutoModelForImageClassification"); }),
            "models of type 'bert' have no AutoModelForImageClassification class");
}

TEST(Shapes, GiveSizesUnderOneSetOfNames) {
  const Shapes gpt2 = shapes_of(read(R"({"model_type": "gpt2", "n_embd": 96, "n_head": 3})"));
  EXPECT_EQ(gpt2.structure, Structure::decoder);
  EXPECT_EQ(gpt2.hidden, 96);
  EXPECT_EQ(gpt2.head_dim, 32);
  EXPECT_EQ(gpt2.kv_heads, 3);
  EXPECT_EQ(gpt2.intermediate, 384);
  EXPECT_EQ(gpt2.max_positions, 1024);
  const Shapes mixtral = shapes_of(ModelConfig::of_type("mixtral"));
  EXPECT_EQ(std::pair(mixtral.kv_heads, mixtral.experts), (std::pair<int64_t, int64_t>(8, 8)));
  EXPECT_TRUE(mixtral.gated);
  const Shapes t5 = shapes_of(ModelConfig::of_type("t5"));
  EXPECT_EQ(t5.structure, Structure::encoder_decoder);
  EXPECT_EQ(t5.decoder_layers, 6);
  EXPECT_EQ(shapes_of(ModelConfig::of_type("bert")).structure, Structure::encoder);
  const Shapes swin = shapes_of(ModelConfig::of_type("swin"));
  EXPECT_EQ(swin.structure, Structure::stages);
  EXPECT_EQ(swin.input, InputKind::image);
  ASSERT_EQ(swin.stages.size(), 4u);
  EXPECT_EQ(std::pair(swin.stages[3].width, swin.stages[3].heads), (std::pair<int64_t, int64_t>(768, 24)));
  const Shapes llava = shapes_of(ModelConfig::of_type("llava"));
  EXPECT_EQ(llava.structure, Structure::composed);
  ASSERT_TRUE(llava.text && llava.vision);
  EXPECT_EQ(llava.text->layers, 32);
  EXPECT_EQ(std::pair(llava.vision->image_height, llava.vision->patch_width),
            (std::pair<int64_t, int64_t>(336, 14)));
  const Shapes wav2vec2 = shapes_of(ModelConfig::of_type("wav2vec2"));
  EXPECT_EQ(wav2vec2.input, InputKind::audio);
  EXPECT_EQ(wav2vec2.convolution_strides.size(), 7u);
}

}  // namespace
}  // namespace testloom
