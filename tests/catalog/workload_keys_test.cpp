// What a template may say by `#% workload` and what a request for an estimate may ask are written down in two
// layers: this holds them together.
#include "template/workload_keys.h"

#include <limits>
#include <set>

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "model/estimate/dtype.h"
#include "model/estimate/request.h"

namespace testloom {
namespace {

using templating::WorkloadKey;

constexpr const char* kConfig =
    R"({"model_type": "bert", "num_hidden_layers": 1, "hidden_size": 8, "num_attention_heads": 1})";

// What is read from a request, in one line.
std::string described(const boost::json::object& request) {
  const Workload work = read_workload(request);
  return fmt::format("{} {} {} {} {} {}x{} {} {} {} {} {}", work.task, static_cast<int>(work.mode),
                     static_cast<int>(work.load), work.seq_len, work.decoder_seq_len, work.image_height,
                     work.image_width, work.audio_seconds, work.new_tokens, work.output_logits, work.dtype,
                     static_cast<int>(work.attention));
}

std::string described(std::string_view key, const boost::json::value& value) {
  return described({{key, value}});
}

// The answer to a whole request, which is where sizes are checked.
bool is_answered(std::string_view key, const boost::json::value& value) {
  const boost::json::object request = {{"config", boost::json::parse(kConfig)}, {key, value}};
  const std::string answer = answer_line(boost::json::serialize(request), "a request");
  return !boost::json::parse(answer).as_object().contains("error");
}

TEST(WorkloadKeys, ARequestTakesEachInAWayOfItsOwn) {
  std::set<std::string> seen = {described({})};
  for (const WorkloadKey& key : templating::workload_keys()) {
    const boost::json::value value = key.type == ValueType::boolean ? boost::json::value(true)
                                     : key.type != ValueType::text  ? boost::json::value(77)
                                     : key.words.empty()            ? boost::json::value("fill-mask")
                                                                    : boost::json::value(key.words.back());
    EXPECT_TRUE(seen.insert(described(key.name, value)).second) << key.name;
  }
}

TEST(WorkloadKeys, EveryWordMeansSomethingOfItsOwn) {
  for (const WorkloadKey& key : templating::workload_keys()) {
    std::set<std::string> seen;
    for (const std::string_view each : key.words) {
      const boost::json::value word(each);
      EXPECT_TRUE(seen.insert(described(key.name, word)).second) << key.name << ' ' << each;
      EXPECT_TRUE(is_answered(key.name, word)) << key.name << ' ' << each;
    }
    const bool takes_any = key.words.empty();
    EXPECT_TRUE(takes_any || !is_answered(key.name, "nonsense")) << key.name;
  }
}

TEST(WorkloadKeys, TheTypesOfWeightsAreAllThere) {
  std::vector<std::string_view> known;
  for (const Dtype& dtype : all_dtypes()) known.push_back(dtype.name);
  const std::span<const std::string_view> words = templating::find_workload_key("dtype")->words;
  EXPECT_EQ(std::vector(words.begin(), words.end()), known);
}

// Numbers at the limits: what a template may say gets an answer, what it may not say gets none, but 0 for an
// image, which means the config's size.
TEST(WorkloadKeys, NumbersHaveTheSameLimits) {
  for (const WorkloadKey& key : templating::workload_keys()) {
    if (key.type == ValueType::text) continue;
    const bool is_number = key.type == ValueType::number;
    const int64_t most =
        is_number ? static_cast<int64_t>(templating::kMostAudioSeconds) : templating::kLargestWorkloadNumber;
    for (const int64_t value : {int64_t{-1}, int64_t{0}, int64_t{1}, most, most + 1}) {
      if (key.name == "image_size" && value == 0) continue;
      EXPECT_EQ(takes_workload_value(key, Value(value)), is_answered(key.name, value))
          << key.name << ' ' << value;
    }
    EXPECT_EQ(takes_workload_value(key, Value(0.5)), is_answered(key.name, 0.5)) << key.name;
  }
}

}  // namespace
}  // namespace testloom
