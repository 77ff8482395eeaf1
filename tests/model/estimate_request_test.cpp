// Requests in JSON: what they may say, and that nothing they say does harm.
#include "model/estimate/request.h"

#include <chrono>
#include <random>
#include <string>

#include <gtest/gtest.h>
#include <boost/json.hpp>

namespace testloom {
namespace {

std::string answer(const std::string& request) { return answer_line(request, "line 1"); }

const std::string small = R"({"config": {"model_type": "bert", "num_hidden_layers": 2})";

TEST(EstimateRequest, AnswersHaveWhatIsPromised) {
  const boost::json::object got = boost::json::parse(answer(small + R"(, "batch_size": 4})")).as_object();
  for (const char* key :
       {"parameters", "weight_bytes", "peak_process_bytes", "peak_forward_bytes", "origin", "terms"}) {
    EXPECT_TRUE(got.contains(key)) << key;
  }
  EXPECT_EQ(got.at("origin"), "config");
  EXPECT_EQ(got.at("architecture"), "BertModel");
}

TEST(EstimateRequest, EveryNameIsTaken) {
  EXPECT_EQ(answer(small + R"(, "model_family": null, "task": null, "batch_size": null})"),
            answer(small + "}"));
  for (
      const char* different :
      {R"("batch_size": 8)", R"("seq_len": 512)", R"("dtype": "float16")", R"("torch": "1.13.0a0")",
       R"("attention": "eager")", R"("hardware_type": "cuda")", R"("task": "fill-mask")",
       R"("task": "BertForMaskedLM")", R"("load": "in_place", "torch": "1.13")",
       R"("rates": {"flops_a_second": 1e9, "flops_a_second_16": 1, "bytes_a_second": 2, "call_seconds": 1})"}) {
    EXPECT_NE(answer(small + ", " + different + "}"), answer(small + "}")) << different;
  }
  const std::string whisper = R"({"config": {"model_type": "whisper"}, "model_family": "audio")";
  EXPECT_NE(answer(whisper + R"(, "decoder_seq_len": 400})"), answer(whisper + "}"));
  EXPECT_NE(answer(whisper + R"(, "mode": "generate", "new_tokens": 400})"),
            answer(whisper + R"(, "mode": "generate"})"));
  const std::string vit = R"({"config": {"model_type": "vit"})";
  EXPECT_NE(answer(vit + R"(, "image_size": [224, 448]})"), answer(vit + R"(, "image_size": 224})"));
  EXPECT_EQ(answer(vit + R"(, "image_size": [224, 224]})"), answer(vit + R"(, "image_size": 224})"));
  const std::string wav = R"({"config": {"model_type": "wav2vec2"})";
  EXPECT_NE(answer(wav + R"(, "audio_seconds": 20.5})"), answer(wav + "}"));
}

TEST(EstimateRequest, MistakesAreTold) {
  struct Case {
    std::string request;
    const char* told;
  };
  for (const Case& c : {
           Case{"", "no JSON"},
           Case{"[]", "no object"},
           Case{"{}", "there is no config"},
           Case{R"({"config": 4})", "config"},
           Case{R"({"config": "/nowhere/config.json"})", "/nowhere/config.json"},
           Case{R"({"config": {}})", "model_type"},
           Case{small + R"(, "batch_size": 0})", "batch_size is 0"},
           Case{small + R"(, "rates": 4})", "rates"},
           Case{small + R"(, "rates": {"flops_a_second": 1e9}})", "flops_a_second_16"},
           Case{small + R"(, "rates": {"flops_a_second": -1}})", "flops_a_second"},
           Case{small + R"(, "batch_size": -3})", "batch_size is -3"},
           Case{small + R"(, "batch_size": 1.5})", "batch_size"},
           Case{small + R"(, "batch_size": "4"})", "batch_size"},
           Case{small + R"(, "batch_size": 1e300})", "batch_size"},
           Case{small + R"(, "seq_len": 99999999999})", "seq_len"},
           Case{small + R"(, "audio_seconds": -1})", "audio_seconds"},
           Case{small + R"(, "dtype": "float12"})", "float12"},
           Case{small + R"(, "mode": "dream"})", "dream"},
           Case{small + R"(, "attention": "none"})", "attention"},
           Case{small + R"(, "load": 7})", "load"},
           Case{small + R"(, "image_size": [1, 2, 3]})", "image_size"},
           Case{small + R"(, "task": "translation"})", "bert"},
           Case{R"({"config": {"model_type": "bert", "num_hidden_layers": 1000000}})", "num_hidden_layers"},
           Case{R"({"config": {"model_type": "bert", "hidden_size": -1}})", "hidden_size"},
       }) {
    const boost::json::object got = boost::json::parse(answer(c.request)).as_object();
    ASSERT_TRUE(got.contains("error")) << c.request;
    EXPECT_NE(std::string(got.at("error").as_string()).find(c.told), std::string::npos) << got.at("error");
  }
}

// Configs with any value of any key replaced by something that it should not be: an answer or an error, and
// soon.
TEST(EstimateRequest, NoConfigDoesHarm) {
  const char* values[] = {"0",
                          "-1",
                          "1",
                          "3",
                          "1e9",
                          "1000000000000",
                          "9223372036854775807",
                          "-1e300",
                          "0.5",
                          "null",
                          "true",
                          "\"x\"",
                          "[]",
                          "[0]",
                          "[1, 2]",
                          "{}",
                          "[[1]]",
                          "1e-300"};
  std::mt19937 random(11);
  size_t answered = 0;
  for (const char* type :
       {"bert", "deberta-v2", "gpt2",     "falcon",    "llama",    "mixtral", "mamba", "t5",
        "bart", "vit",        "swin",     "segformer", "convnext", "resnet",  "detr",  "clip",
        "blip", "llava",      "qwen2_vl", "whisper",   "wav2vec2", "speecht5"}) {
    const ModelConfig config = ModelConfig::of_type(type);
    std::vector<std::string> keys = {"image_size", "max_source_positions"};
    for (const auto& entry : config.defaults()->at("keys").as_object()) keys.emplace_back(entry.key());
    for (int round = 0; round < 150; ++round) {
      std::string request = std::string(R"({"config": {"model_type": ")") + type + "\"";
      for (int change = 0; change < 1 + round % 3; ++change) {
        request += ", \"" + keys[random() % keys.size()] + "\": " + values[random() % std::size(values)];
      }
      request += round % 2 ? R"(}, "mode": "generate"})" : R"(}, "batch_size": 3})";
      const std::string got = answer(request);
      const boost::json::value json = boost::json::parse(got);
      answered += !json.as_object().contains("error");
      if (json.as_object().contains("error")) continue;
      EXPECT_GE(json.at("peak_process_bytes").as_int64(), 0) << request;
      EXPECT_GE(json.at("peak_forward_bytes").as_int64(), 0) << request;
    }
  }
  EXPECT_GE(answered, 500u);
}

}  // namespace
}  // namespace testloom
