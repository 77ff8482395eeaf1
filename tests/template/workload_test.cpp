// What `#% workload` says, and which text's word counts where one uses another.
#include <map>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "template/workload_keys.h"
#include "testloom/template.h"

namespace testloom {
namespace {

constexpr std::string_view kTest = "def test_it():\n    pass\n";

class Texts : public TemplateFinder {
 public:
  explicit Texts(std::map<std::string, std::string, std::less<>> texts) : texts_(std::move(texts)) {}
  std::optional<FoundTemplate> find(std::string_view name, const std::string&) override {
    const auto found = texts_.find(name);
    if (found == texts_.end()) return std::nullopt;
    return FoundTemplate{found->first, found->second};
  }

 private:
  std::map<std::string, std::string, std::less<>> texts_;
};

std::string shown(const Value& value) {
  if (const auto* integer = std::get_if<int64_t>(&value.data)) return fmt::format("{}", *integer);
  if (const auto* number = std::get_if<double>(&value.data)) return fmt::format("{:.2f}", *number);
  if (const auto* text = std::get_if<std::string>(&value.data)) return *text;
  return "?";
}

std::string workload_of(const std::string& text,
                        std::map<std::string, std::string, std::less<>> others = {}) {
  Texts finder(std::move(others));
  CompileOptions options;
  options.finder = &finder;
  const Template compiled = Template::compile("t.py", text, options);
  std::string said;
  for (const auto& [key, value] : compiled.workload()) said += fmt::format("{}={} ", key, shown(value));
  return said;
}

std::string error_of(const std::string& text, std::map<std::string, std::string, std::less<>> others = {}) {
  try {
    workload_of(text, std::move(others));
  } catch (const Error& error) {
    return error.message();
  }
  return "no error";
}

TEST(Workload, KeysAreInTheOrderOfTheText) {
  EXPECT_EQ(workload_of(std::string(kTest)), "");
  EXPECT_EQ(
      workload_of("#% workload seq_len=16, mode=\"generate\"\n#% workload dtype='int8' new_tokens=1_000\n" +
                  std::string(kTest)),
      "seq_len=16 mode=generate dtype=int8 new_tokens=1000 ");
}

TEST(Workload, SecondsAreANumber) {
  EXPECT_EQ(workload_of("#% workload audio_seconds=2\n" + std::string(kTest)), "audio_seconds=2.00 ");
  EXPECT_EQ(workload_of("#% workload audio_seconds=0.25\n" + std::string(kTest)), "audio_seconds=0.25 ");
}

TEST(Workload, TheOuterTextWinsKeyByKey) {
  const std::string load = "#% workload mode=\"forward\" seq_len=8 dtype=\"float32\"\n";
  EXPECT_EQ(workload_of("#% include load\n#% workload seq_len=64\n" + std::string(kTest), {{"load", load}}),
            "seq_len=64 mode=forward dtype=float32 ");
  EXPECT_EQ(workload_of("#% extends base\n#% workload dtype=\"float16\"\n",
                        {{"base", "#% include load\n#% workload mode=\"generate\"\n" + std::string(kTest)},
                         {"load", load}}),
            "dtype=float16 mode=generate seq_len=8 ");
}

TEST(Workload, OfTwoThatAreIncludedTheFirstWins) {
  EXPECT_EQ(workload_of("#% include a\n#% include b\n" + std::string(kTest),
                        {{"a", "#% workload seq_len=1\n"}, {"b", "#% workload seq_len=2 new_tokens=3\n"}}),
            "seq_len=1 new_tokens=3 ");
}

TEST(Workload, AParameterTakesThePlaceOfAnInnerKey) {
  const std::string outer = "#% param dtype: str = \"int8\"\n";
  const std::string key = "#% workload dtype=\"int4\" seq_len=4\n";
  EXPECT_EQ(workload_of(outer + "#% include a\n" + std::string(kTest), {{"a", key}}), "seq_len=4 ");
  EXPECT_EQ(workload_of("#% extends a\n" + outer, {{"a", key + std::string(kTest)}}), "seq_len=4 ");
}

TEST(Workload, AKeyIsNoParameterToo) {
  const std::string parameter = "#% param dtype: str = \"int8\"\n";
  const std::string key = "#% workload dtype=\"int4\"\n";
  const std::string test(kTest);
  const std::string refused = "'dtype' is a parameter of this template";
  EXPECT_EQ(error_of(parameter + key + test), refused);
  EXPECT_EQ(error_of(key + "#% include a\n" + test, {{"a", parameter}}), refused);
  EXPECT_EQ(error_of("#% include a\n#% include b\n" + test, {{"a", parameter}, {"b", key}}), refused);
  EXPECT_EQ(error_of("#% include b\n#% include a\n" + test, {{"a", parameter}, {"b", key}}), refused);
  EXPECT_EQ(error_of("#% include a\n" + test, {{"a", parameter + key}}), refused);
}

TEST(Workload, EveryKeySaysWhatItTakes) {
  for (const templating::WorkloadKey& key : templating::workload_keys()) {
    EXPECT_EQ(templating::find_workload_key(key.name), &key);
    EXPECT_FALSE(templating::workload_values(key).empty()) << key.name;
    EXPECT_FALSE(templating::takes_workload_value(key, Value())) << key.name;
    EXPECT_EQ(templating::takes_workload_value(key, Value(true)), key.type == ValueType::boolean) << key.name;
    EXPECT_FALSE(templating::takes_workload_value(key, "")) << key.name;
  }
  EXPECT_EQ(templating::find_workload_key("batch_size"), nullptr);
}

}  // namespace
}  // namespace testloom
