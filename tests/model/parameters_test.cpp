#include "model/parameters/parameters.h"

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/files.h"
#include "model/parameters/formulas.h"
#include "model/parameters/quantity.h"

namespace testloom {
namespace {

struct Truth {
  std::string model_type;
  std::string architecture;
  int64_t parameters;
  boost::json::object config;
};

// What transformers says; see scripts/update-parameter-truth.
const std::vector<Truth>& truths() {
  static const std::vector<Truth> read = [] {
    std::vector<Truth> rows;
    const std::string text =
        read_file(TESTLOOM_SOURCE_DIR "/tests/golden/parameters.jsonl", 16 << 20, ErrorKind::spec);
    for (size_t at = 0; at < text.size();) {
      const size_t end = text.find('\n', at);
      const boost::json::object row = boost::json::parse(text.substr(at, end - at)).as_object();
      rows.push_back({std::string(row.at("model_type").as_string()),
                      std::string(row.at("architecture").as_string()), row.at("parameters").as_int64(),
                      row.at("config").as_object()});
      at = end + 1;
    }
    return rows;
  }();
  return read;
}

int64_t sum(const std::vector<ParameterTerm>& terms) {
  int64_t total = 0;
  for (const ParameterTerm& term : terms) total += term.total();
  return total;
}

TEST(Parameters, AreWhatTransformersHas) {
  for (const Truth& truth : truths()) {
    SCOPED_TRACE(truth.architecture + " " + boost::json::serialize(truth.config));
    const ParameterCount count = count_parameters(ModelConfig::read(truth.config), truth.architecture);
    EXPECT_EQ(count.total, truth.parameters);
    EXPECT_TRUE(count.exact);
    EXPECT_EQ(sum(count.terms), count.total);
    EXPECT_EQ(count.architecture, truth.architecture);
  }
}

TEST(Parameters, AreOfTheClassThatTheConfigNames) {
  size_t named = 0;
  for (const Truth& truth : truths()) {
    const boost::json::value* classes = truth.config.if_contains("architectures");
    if (!classes) continue;
    ++named;
    EXPECT_EQ(count_parameters(ModelConfig::read(truth.config)).total, truth.parameters)
        << truth.architecture;
  }
  EXPECT_GE(named, 100u);
}

TEST(Parameters, ManyTypesAreComparedByThreeConfigsOrMore) {
  std::map<std::string, std::set<std::string>> configs;
  for (const Truth& truth : truths()) configs[truth.model_type].insert(boost::json::serialize(truth.config));
  for (const char* type :
       {"albert",  "bart",       "bert",      "blip",       "bloom",    "clip",       "convnext",
        "deberta", "deberta-v2", "deit",      "detr",       "dinov2",   "distilbert", "electra",
        "falcon",  "gemma",      "gemma2",    "gemma3",     "gpt2",     "gpt_neo",    "gpt_neox",
        "gptj",    "hubert",     "llama",     "llava",      "mamba",    "marian",     "mistral",
        "mixtral", "modernbert", "mpnet",     "nomic_bert", "olmo2",    "opt",        "pegasus",
        "phi",     "phi3",       "qwen2",     "qwen2_moe",  "qwen2_vl", "qwen3",      "qwen3_moe",
        "resnet",  "roberta",    "segformer", "siglip",     "speecht5", "swin",       "t5",
        "vit",     "wav2vec2",   "whisper",   "xlm-roberta"}) {
    EXPECT_GE(configs[type].size(), 3u) << type;
  }
}

TEST(Parameters, EveryFormulaIsCompared) {
  std::set<std::string, std::less<>> compared;
  for (const Truth& truth : truths()) compared.insert(truth.model_type);
  for (const auto& family :
       {encoder_formulas(), decoder_formulas(), mixture_formulas(), encoder_decoder_formulas(),
        vision_formulas(), convolution_formulas(), multimodal_formulas(), audio_formulas()}) {
    for (const TypeFormula& formula : family)
      EXPECT_TRUE(compared.contains(formula.model_type)) << formula.model_type;
  }
}

TEST(Parameters, TermsSayWhereTheyAre) {
  const ParameterCount count = count_parameters(ModelConfig::of_type("bert"), "BertForMaskedLM");
  std::map<std::string, int64_t> totals;
  for (const ParameterTerm& term : count.terms) totals[term.name] = term.total();
  EXPECT_EQ(totals["embeddings.words"], int64_t{30522} * 768);
  EXPECT_EQ(totals["layers.attention"], int64_t{12} * (4 * (768 * 768 + 768) + 2 * 768));
  EXPECT_EQ(count.embedding, (int64_t{30522} + 512 + 2) * 768);
  const ParameterCount llava = count_parameters(ModelConfig::of_type("llava"));
  EXPECT_EQ(llava.terms.front().name, "vision.embeddings.tokens");
}

TEST(Parameters, OtherTypesAndClassesAreEstimatesAndSaySo) {
  const auto estimate = [](std::string_view json, std::string_view wanted = {}) {
    const ParameterCount count =
        count_parameters(ModelConfig::read(boost::json::parse(json).as_object()), wanted);
    EXPECT_FALSE(count.exact) << json;
    return count;
  };
  // A Llama by another name.
  const ParameterCount named =
      estimate(R"({"model_type": "my_llama", "hidden_size": 64, "num_attention_heads": 4,
      "num_hidden_layers": 2, "intermediate_size": 100, "vocab_size": 500, "rms_norm_eps": 1e-6,
      "architectures": ["MyLlamaForCausalLM"]})");
  const int64_t llama = 2 * 500 * 64 + 2 * (4 * 64 * 64 + 3 * 64 * 100 + 2 * 64) + 64;
  EXPECT_NEAR(static_cast<double>(named.total), static_cast<double>(llama),
              0.02 * static_cast<double>(llama));
  EXPECT_EQ(named.by, "its sizes");
  // A class that is not known is counted as the bare model.
  const int64_t bare = count_parameters(ModelConfig::of_type("llama"), "LlamaModel").total;
  EXPECT_EQ(estimate(R"({"model_type": "llama"})", "LlamaForSomethingNew").total, bare);
  // A part that is not known.
  const ParameterCount seen = estimate(R"({"model_type": "llava", "text_config": {"model_type": "new",
      "hidden_size": 64, "num_attention_heads": 4, "num_hidden_layers": 2, "vocab_size": 500}})");
  EXPECT_GT(seen.total, count_parameters(ModelConfig::of_type("clip_vision_model")).total);
  EXPECT_EQ(seen.by, "llava");
}

std::string refusal(std::string_view json, std::string_view wanted = {}) {
  try {
    const ParameterCount count =
        count_parameters(ModelConfig::read(boost::json::parse(json).as_object()), wanted);
    return "counted " + std::to_string(count.total);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::spec);
    return error.message();
  }
}

TEST(Parameters, RefuseSizesThatNoModelHas) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"model_type": "bert", "num_attention_heads": 0})",
       "config.json: num_attention_heads is 0; a whole number of at least 1 is needed"},
      {R"({"model_type": "llama", "num_attention_heads": 0})",
       "config.json: num_attention_heads is 0; a whole number of at least 1 is needed"},
      {R"({"model_type": "bert", "hidden_size": 100})",
       "config.json: hidden_size is 100; a multiple of num_attention_heads = 12 is needed"},
      {R"({"model_type": "bert", "hidden_size": -768})",
       "config.json: hidden_size is -768; a whole number of at least 1 is needed"},
      {R"({"model_type": "bert", "vocab_size": 9223372036854775807})",
       "config.json: vocab_size is 9223372036854775807; a whole number of at most 1000000000000 is needed"},
      {R"({"model_type": "bert", "vocab_size": 18446744073709551615})",
       "config.json: vocab_size is 18446744073709551615; a whole number of at most 1000000000000 is needed"},
      {R"({"model_type": "bert", "num_hidden_layers": "12"})",
       "config.json: num_hidden_layers is \"12\"; a whole number is needed"},
      {R"({"model_type": "bert", "num_hidden_layers": 2000000000})",
       "config.json: layers.feed_forward makes more than 10000000000000000 parameters"},
      {R"({"model_type": "vit", "patch_size": 0})",
       "config.json: patch_size is 0; sizes of at least 1 are needed"},
      {R"({"model_type": "vit", "image_size": [224]})",
       "config.json: image_size is [224]; 2 numbers are needed"},
      {R"({"model_type": "swin", "num_heads": [3, 6]})",
       "config.json: num_heads is [3,6]; a number for each of 4 stages is needed"},
      {R"({"model_type": "segformer", "num_encoder_blocks": 1000000000000})",
       "config.json: depths is [2,2,2,2]; a number for each of 1000000000000 stages is needed"},
      {R"({"model_type": "swin", "architectures": ["SwinBackbone"], "out_features": ["stage5"]})",
       "config.json: out_features is [\"stage5\"]; names from \"stem\" to \"stage4\" are needed"},
      {R"({"model_type": "convnext", "architectures": ["ConvNextBackbone"], "out_indices": [-6]})",
       "config.json: out_indices is [-6]; numbers from 0 to 4 are needed"},
      {R"({"model_type": "resnet", "layer_type": "round"})",
       "config.json: layer_type is \"round\"; \"basic\" or \"bottleneck\" is needed"},
      {R"({"model_type": "resnet", "hidden_sizes": []})",
       "config.json: hidden_sizes is []; a width for each stage is needed"},
      {R"({"model_type": "wav2vec2", "conv_kernel": [10]})",
       "config.json: conv_kernel is [10]; as many numbers as conv_dim has, 7, are needed"},
      {R"({"model_type": "wav2vec2", "num_conv_pos_embedding_groups": 7})",
       "config.json: num_conv_pos_embedding_groups is 7; a divisor of hidden_size = 768 is needed"},
      {R"({"model_type": "mamba", "expand": -1})", "config.json: expand is -1; a factor above 0 is needed"},
      {R"({"model_type": "nothing_at_all"})",
       "'nothing_at_all' is a model type without a formula, and its config says no sizes to estimate by"},
      {R"({"model_type": "clip", "vision_config": {"num_attention_heads": 5}})",
       "config.json: vision_config.hidden_size is 768; a multiple of num_attention_heads = 5 is needed"},
  };
  for (const auto& [json, message] : cases) EXPECT_EQ(refusal(json), message) << json;
}

TEST(Parameters, LongListsAreRefused) {
  std::string list = "[1";
  for (int entry = 0; entry < 20'000; ++entry) list += ",1";
  const std::string json = R"({"model_type": "swin", "num_heads": 1, "depths": )" + list + "]}";
  EXPECT_NE(refusal(json).find("a list of at most 10000 is needed"), std::string::npos);
}

TEST(Parameters, AMillionLayersAreCounted) {
  EXPECT_EQ(
      refusal(
          R"({"model_type": "qwen3_moe", "num_hidden_layers": 1000000, "hidden_size": 64, "vocab_size": 8})")
          .substr(0, 8),
      "counted ");
  const ParameterCount count = count_parameters(ModelConfig::read(
      boost::json::parse(R"({"model_type": "bert", "num_hidden_layers": 1000000})").as_object()));
  EXPECT_GT(count.total, int64_t{7'000'000} * 1'000'000);
}

TEST(Quantity, StaysAboveItsLimit) {
  const Quantity large = Quantity::limit;
  EXPECT_FALSE(large.too_large());
  EXPECT_TRUE((large + 1).too_large());
  EXPECT_TRUE((large * large).too_large());
  EXPECT_TRUE((large * large + large * 2).too_large());
  EXPECT_EQ((large * 0).value(), 0);
  EXPECT_EQ(Quantity(INT64_MAX).value(), Quantity::limit + 1);
  EXPECT_EQ(Quantity(-5).value(), 0);
}

// Changes a value, or a value within it, to one that configs should not have.
void spoil(boost::json::value& value, std::mt19937_64& random) {
  static const boost::json::value bad[] = {-1,
                                           0,
                                           1,
                                           3,
                                           7,
                                           INT64_MAX,
                                           INT64_MIN,
                                           UINT64_MAX,
                                           1e18,
                                           1000000000000,
                                           0.5,
                                           -0.5,
                                           1e300,
                                           true,
                                           false,
                                           nullptr,
                                           "",
                                           "768",
                                           "auto",
                                           boost::json::array{},
                                           boost::json::array{1},
                                           boost::json::array{2, -3},
                                           boost::json::array{"x", nullptr},
                                           boost::json::object{},
                                           boost::json::object{{"model_type", "bert"}},
                                           boost::json::object{{"model_type", 7}}};
  if (value.is_array() && !value.get_array().empty() && random() % 2) {
    return spoil(value.get_array()[random() % value.get_array().size()], random);
  }
  value = bad[random() % std::size(bad)];
}

// All keys that configs of this file have, so that types meet the keys of others too.
const std::vector<std::string>& all_keys() {
  static const std::vector<std::string> keys = [] {
    std::set<std::string> found = {"num_key_value_heads", "head_dim",    "layer_types",
                                   "out_features",        "conv_groups", "position_buckets",
                                   "embedding_size",      "text_config", "vision_config"};
    for (const Truth& truth : truths()) {
      for (const auto& [key, value] : truth.config) found.insert(std::string(key));
    }
    return std::vector<std::string>(found.begin(), found.end());
  }();
  return keys;
}

void mutate(boost::json::object& config, std::mt19937_64& random) {
  for (size_t changes = 1 + random() % 4; changes > 0; --changes) {
    if (random() % 3 == 0 || config.size() < 2) {
      spoil(config[all_keys()[random() % all_keys().size()]], random);
      continue;
    }
    auto at = config.begin() + static_cast<std::ptrdiff_t>(random() % config.size());
    if (at->value().is_object() && random() % 4) {
      mutate(at->value().get_object(), random);
    } else if (at->key() != "model_type" || random() % 16 == 0) {
      spoil(at->value(), random);
    }
  }
}

TEST(Parameters, SpoiltConfigsAreCountedOrRefused) {
  std::mt19937_64 random(20);
  size_t counted = 0, refused = 0;
  for (int round = 0; round < 20; ++round) {
    for (const Truth& truth : truths()) {
      boost::json::object config = truth.config;
      mutate(config, random);
      try {
        const ParameterCount count =
            count_parameters(ModelConfig::read(config), random() % 8 ? truth.architecture : "");
        EXPECT_GE(count.total, 0);
        EXPECT_LE(count.total, Quantity::limit);
        EXPECT_EQ(sum(count.terms), count.total) << boost::json::serialize(config);
        ++counted;
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::spec) << boost::json::serialize(config);
        ++refused;
      }
    }
  }
  EXPECT_GT(counted, 1000u);
  EXPECT_GT(refused, 1000u);
}

}  // namespace
}  // namespace testloom
