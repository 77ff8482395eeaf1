// A model's config.json as its config class reads it: keys that the file lacks take the class's defaults,
// each key goes by all its names (n_embd is hidden_size), and configs in the config (text_config,
// vision_config, …) are ModelConfigs themselves. Whoever asks for a value says what it may be; what it is not
// is an Error (spec) that names the file and the key.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "testloom/error.h"

namespace testloom {

// A size in a config that is larger than this is a mistake.
inline constexpr int64_t largest_config_number = 1'000'000'000'000;
// And so is a list with more entries than this.
inline constexpr size_t most_list_entries = 10'000;

class ModelConfig {
 public:
  // `path` is for messages. Without a model_type it is the one that architectures[0] belongs to; throws where
  // that is not known either, and for parts that are no objects. A type that transformers does not have is no
  // error, it only has no defaults.
  static ModelConfig read(const boost::json::object& config, const std::string& path = "config.json");
  // A config that says nothing but its type.
  static ModelConfig of_type(std::string_view model_type);

  const std::string& model_type() const { return model_type_; }
  bool has_defaults() const { return defaults_ != nullptr; }
  const std::vector<std::string>& architectures() const { return architectures_; }
  // The line of config_defaults for this type; null where has_defaults() is false.
  const boost::json::object* defaults() const { return defaults_; }

  // Whether there is a value, which is not null. Any name of the key will do, here and below.
  bool has(std::string_view key) const { return find(key) != nullptr; }
  const boost::json::value* find(std::string_view key) const;

  // The first of `keys` that has a value; else empty.
  std::string_view first_of(std::initializer_list<std::string_view> keys) const;

  // A whole number within ±largest_config_number. The second form gives `fallback` where there is no value.
  int64_t integer(std::string_view key) const;
  int64_t integer(std::string_view key, int64_t fallback) const { return has(key) ? integer(key) : fallback; }
  // A number of things: at least 0.
  int64_t natural(std::string_view key) const;
  int64_t natural(std::string_view key, int64_t fallback) const { return has(key) ? natural(key) : fallback; }
  // A size, or what something is divided by: at least 1.
  int64_t positive(std::string_view key) const;
  int64_t positive(std::string_view key, int64_t fallback) const {
    return has(key) ? positive(key) : fallback;
  }
  double number(std::string_view key) const;
  double number(std::string_view key, double fallback) const { return has(key) ? number(key) : fallback; }
  // Python's truth of a value: a number other than 0 is true too.
  bool flag(std::string_view key, bool fallback = false) const;
  std::string text(std::string_view key, std::string_view fallback = {}) const;
  bool text_is(std::string_view key, std::string_view wanted) const;

  // A list of whole numbers ≥ 0; a single number is a list of one. `length`, where it is not 0, is the length
  // that it has to have, or else be a single number that stands for all.
  std::vector<int64_t> naturals(std::string_view key, size_t length = 0) const;
  // The same of any whole numbers.
  std::vector<int64_t> integers(std::string_view key, size_t length = 0) const;
  // A list of numbers, or one number.
  std::vector<double> numbers(std::string_view key) const;
  // A list of texts; empty where there is no value.
  std::vector<std::string> texts(std::string_view key) const;

  // The number of labels of a head that classifies: num_labels, else the size of id2label, else the class's
  // default.
  int64_t labels() const { return labels_; }

  // A config within this one; null where there is none.
  const ModelConfig* find_part(std::string_view key) const;
  // Whether the part is not all defaults.
  bool part_is_given(std::string_view key) const;
  // The same; throws where there is none.
  const ModelConfig& part(std::string_view key) const;
  const std::map<std::string, ModelConfig, std::less<>>& parts() const { return parts_; }

  // An error about a key: "config.json: vision_config.num_heads is 0; a whole number of at least 1 is
  // needed".
  [[noreturn]] void refuse(std::string_view key, const std::string& needed) const;
  // The key as a message says it, with its file and the part that it is in.
  std::string place(std::string_view key) const;

 private:
  ModelConfig() = default;

  void check_length(std::string_view key, const boost::json::value& list) const;
  void take_given(const boost::json::object& config);
  void take_defaults(const boost::json::object& defaults);
  void take_part(const std::string& key, const boost::json::object* spec, const boost::json::object& config);
  void take_labels(const boost::json::object& config);
  std::string_view key_of(std::string_view name) const;
  static ModelConfig make(const boost::json::object& config, std::string model_type, std::string path,
                          std::string prefix);

  std::string model_type_;
  std::string path_;
  std::string prefix_;  // the part that this is, with a dot; empty for the whole
  const boost::json::object* defaults_ = nullptr;
  boost::json::object values_;
  std::map<std::string, ModelConfig, std::less<>> parts_;
  std::vector<std::string> architectures_;
  int64_t labels_ = 2;
  bool given_ = true;  // else a part that is all defaults
};

}  // namespace testloom
