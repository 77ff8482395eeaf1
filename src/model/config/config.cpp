#include "model/config/config.h"

#include <cmath>

#include <fmt/format.h>
#include <boost/json/serialize.hpp>

#include "base/text.h"
#include "model/config/defaults.h"

namespace testloom {

namespace {

constexpr std::string_view kWholeNumber = "a whole number is needed";

// What is large, and says nothing that is asked for here.
bool left_out(std::string_view key) {
  return key == "id2label" || key == "label2id" || key == "task_specific_params" || key == "architectures" ||
         key == "model_type";
}

bool is_part(std::string_view key, const boost::json::value& value) {
  if (!value.is_object()) return false;
  return key == "text_config" || key == "vision_config" || key == "audio_config" || key == "encoder" ||
         key == "decoder" || (key.ends_with("_config") && value.get_object().contains("model_type"));
}

const boost::json::object* object_in(const boost::json::object* holder, std::string_view key) {
  const boost::json::value* value = holder ? holder->if_contains(key) : nullptr;
  return value ? value->if_object() : nullptr;
}

// Older configs of models that see have no text_config: the keys of the text model stand among the others.
boost::json::object flat_text_config(const boost::json::object& config, std::string_view text_type,
                                     const boost::json::object* outer_defaults) {
  const boost::json::object* keys = object_in(config_defaults(text_type), "keys");
  const boost::json::object* outer_keys = object_in(outer_defaults, "keys");
  boost::json::object found;
  for (const auto& [key, value] : config) {
    if (keys && keys->contains(key) && !(outer_keys && outer_keys->contains(key))) found[key] = value;
  }
  return found;
}

std::string text_in(const boost::json::object& holder, std::string_view key) {
  const boost::json::value* value = holder.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

// The whole number that a value is, when it is one and not too large. JSON written by other programs may say
// 768.0.
std::optional<int64_t> whole_number(const boost::json::value& value) {
  std::optional<int64_t> number;
  if (value.is_int64()) {
    number = value.get_int64();
  } else if (value.is_double() && std::abs(value.get_double()) <= double(largest_config_number) &&
             std::floor(value.get_double()) == value.get_double()) {
    number = static_cast<int64_t>(value.get_double());
  }
  const bool fits = number && *number <= largest_config_number && *number >= -largest_config_number;
  return fits ? number : std::nullopt;
}

}  // namespace

ModelConfig ModelConfig::read(const boost::json::object& config, const std::string& path) {
  std::string model_type = text_in(config, "model_type");
  if (const boost::json::value* given = config.if_contains("model_type"); given && model_type.empty()) {
    throw Error(ErrorKind::spec, fmt::format("{}: model_type is {}; a model type's name is needed", path,
                                             one_line(boost::json::serialize(*given), 60)));
  }
  if (model_type.empty()) {
    const boost::json::value* classes = config.if_contains("architectures");
    const boost::json::array* list = classes ? classes->if_array() : nullptr;
    if (list && !list->empty() && list->front().is_string()) {
      model_type = model_type_of_class(list->front().get_string());
    }
  }
  if (model_type.empty()) {
    throw Error(ErrorKind::spec,
                fmt::format("{}: there is no model_type, and no known class in architectures", path),
                "add \"model_type\", such as \"bert\"");
  }
  return make(config, std::move(model_type), path, "");
}

ModelConfig ModelConfig::of_type(std::string_view model_type) {
  return make({}, std::string(model_type), "config.json", "");
}

ModelConfig ModelConfig::make(const boost::json::object& config, std::string model_type, std::string path,
                              std::string prefix) {
  ModelConfig made;
  made.defaults_ = config_defaults(model_type);
  made.model_type_ = std::move(model_type);
  made.path_ = std::move(path);
  made.prefix_ = std::move(prefix);
  if (const boost::json::object* keys = object_in(made.defaults_, "keys")) made.take_defaults(*keys);
  made.take_given(config);
  made.take_labels(config);
  return made;
}

void ModelConfig::take_defaults(const boost::json::object& defaults) {
  values_.reserve(2 * defaults.size());
  for (const auto& [key, value] : defaults) values_[key_of(key)] = value;
}

void ModelConfig::take_given(const boost::json::object& config) {
  const boost::json::object* specs = object_in(defaults_, "parts");
  const boost::json::object* fields = object_in(defaults_, "keys");
  // The classes take their fields first; what is given by a name that is no field is set afterwards, and
  // wins.
  for (const bool field : {true, false}) {
    for (const auto& [name, value] : config) {
      const std::string_view key = key_of(name);
      if ((fields && fields->contains(name)) != field || left_out(name) || (specs && specs->contains(key)))
        continue;
      if (is_part(key, value)) {
        take_part(std::string(key), nullptr, config);
      } else {
        values_[key] = value;
      }
    }
  }
  if (specs) {
    for (const auto& [key, spec] : *specs) take_part(std::string(key), spec.if_object(), config);
  }
  if (const boost::json::value* classes = config.if_contains("architectures");
      classes && classes->is_array()) {
    for (const boost::json::value& name : classes->get_array()) {
      if (name.is_string()) architectures_.emplace_back(name.get_string());
    }
  }
}

void ModelConfig::take_part(const std::string& key, const boost::json::object* spec,
                            const boost::json::object& config) {
  // Old configs of CLIP and its kin say a part twice; the classes take the second.
  const boost::json::object* given = object_in(&config, key + "_dict");
  if (const boost::json::value* value = config.if_contains(key); !given && value && !value->is_null()) {
    given = value->if_object();
    if (!given) {
      throw Error(ErrorKind::spec, fmt::format("{} is {}; an object is needed", place(key),
                                               one_line(boost::json::serialize(*value), 60)));
    }
  }
  boost::json::object flat;
  std::string model_type = spec ? text_in(*spec, "model_type") : std::string();
  const bool by_default = !given;
  if (by_default) {
    if (!spec || spec->contains("optional")) return;
    given = object_in(spec, "given");
    if (key == "text_config" && spec->contains("fixed"))
      flat = flat_text_config(config, model_type, defaults_);
    if (!given) given = &flat;
  } else if (!spec || !spec->contains("fixed")) {
    if (std::string own = text_in(*given, "model_type"); !own.empty()) model_type = std::move(own);
  }
  ModelConfig part = make(*given, std::move(model_type), path_, prefix_ + key + ".");
  part.given_ = !by_default;
  parts_.insert_or_assign(key, std::move(part));
}

void ModelConfig::take_labels(const boost::json::object& config) {
  const boost::json::object* names = object_in(&config, "id2label");
  const boost::json::value* number = config.if_contains("num_labels");
  if (names && (!number || number->is_null())) {
    labels_ = static_cast<int64_t>(names->size());
  } else {
    labels_ = natural("num_labels", 2);
  }
}

std::string_view ModelConfig::key_of(std::string_view name) const {
  const boost::json::object* names = object_in(defaults_, "names");
  const boost::json::value* key = names ? names->if_contains(name) : nullptr;
  return key && key->is_string() ? std::string_view(key->get_string()) : name;
}

const boost::json::value* ModelConfig::find(std::string_view key) const {
  const boost::json::value* value = values_.if_contains(key_of(key));
  return value && !value->is_null() ? value : nullptr;
}

std::string_view ModelConfig::first_of(std::initializer_list<std::string_view> keys) const {
  for (const std::string_view key : keys) {
    if (has(key)) return key;
  }
  return {};
}

std::string ModelConfig::place(std::string_view key) const {
  return fmt::format("{}: {}{}", path_, prefix_, key);
}

void ModelConfig::refuse(std::string_view key, const std::string& needed) const {
  const boost::json::value* value = find(key);
  if (!value) {
    throw Error(ErrorKind::spec,
                fmt::format("{} is missing; models of type {} need it", place(key), quote(model_type_, 60)));
  }
  throw Error(ErrorKind::spec,
              fmt::format("{} is {}; {}", place(key), one_line(boost::json::serialize(*value), 60), needed));
}

int64_t ModelConfig::integer(std::string_view key) const {
  const boost::json::value* value = find(key);
  const std::optional<int64_t> number = value ? whole_number(*value) : std::nullopt;
  if (!number) {
    refuse(key, value && value->is_number()
                    ? fmt::format("a whole number of at most {} is needed", largest_config_number)
                    : std::string(kWholeNumber));
  }
  return *number;
}

int64_t ModelConfig::natural(std::string_view key) const {
  const int64_t number = integer(key);
  if (number < 0) refuse(key, "a whole number of at least 0 is needed");
  return number;
}

int64_t ModelConfig::positive(std::string_view key) const {
  const int64_t number = integer(key);
  if (number < 1) refuse(key, "a whole number of at least 1 is needed");
  return number;
}

double ModelConfig::number(std::string_view key) const {
  const boost::json::value* value = find(key);
  if (!value || !value->is_number()) refuse(key, "a number is needed");
  return value->to_number<double>();
}

bool ModelConfig::flag(std::string_view key, bool fallback) const {
  const boost::json::value* value = find(key);
  if (!value) return fallback;
  if (value->is_bool()) return value->get_bool();
  if (value->is_number()) return value->to_number<double>() != 0;
  if (value->is_string()) return !value->get_string().empty();
  return value->is_object() ? !value->get_object().empty() : !value->get_array().empty();
}

std::string ModelConfig::text(std::string_view key, std::string_view fallback) const {
  const boost::json::value* value = find(key);
  if (!value) return std::string(fallback);
  if (!value->is_string()) refuse(key, "a text is needed");
  return std::string(value->get_string());
}

bool ModelConfig::text_is(std::string_view key, std::string_view wanted) const {
  const boost::json::value* value = find(key);
  return value && value->is_string() && value->get_string() == wanted;
}

void ModelConfig::check_length(std::string_view key, const boost::json::value& list) const {
  if (list.get_array().size() <= most_list_entries) return;
  refuse(key, fmt::format("a list of at most {} is needed", most_list_entries));
}

std::vector<int64_t> ModelConfig::integers(std::string_view key, size_t length) const {
  const boost::json::value* value = find(key);
  if (!value) refuse(key, "");
  if (length > most_list_entries) refuse(key, fmt::format("lists of {} are too long", length));
  if (!value->is_array()) return std::vector<int64_t>(length ? length : 1, integer(key));
  check_length(key, *value);
  std::vector<int64_t> numbers;
  for (const boost::json::value& entry : value->get_array()) {
    const std::optional<int64_t> number = whole_number(entry);
    if (!number) refuse(key, "a list of whole numbers is needed");
    numbers.push_back(*number);
  }
  if (length != 0 && numbers.size() != length)
    refuse(key, fmt::format("{} are needed", counted(length, "number")));
  return numbers;
}

std::vector<int64_t> ModelConfig::naturals(std::string_view key, size_t length) const {
  std::vector<int64_t> numbers = integers(key, length);
  for (const int64_t number : numbers) {
    if (number < 0) refuse(key, "whole numbers of at least 0 are needed");
  }
  return numbers;
}

std::vector<double> ModelConfig::numbers(std::string_view key) const {
  const boost::json::value* value = find(key);
  if (!value || !value->is_array()) return {number(key)};
  check_length(key, *value);
  std::vector<double> found;
  for (const boost::json::value& entry : value->get_array()) {
    if (!entry.is_number()) refuse(key, "a list of numbers is needed");
    found.push_back(entry.to_number<double>());
  }
  return found;
}

std::vector<std::string> ModelConfig::texts(std::string_view key) const {
  const boost::json::value* value = find(key);
  std::vector<std::string> found;
  if (!value) return found;
  if (!value->is_array()) refuse(key, "a list of texts is needed");
  check_length(key, *value);
  for (const boost::json::value& entry : value->get_array()) {
    if (!entry.is_string()) refuse(key, "a list of texts is needed");
    found.emplace_back(entry.get_string());
  }
  return found;
}

const ModelConfig* ModelConfig::find_part(std::string_view key) const {
  const auto found = parts_.find(key);
  return found == parts_.end() ? nullptr : &found->second;
}

bool ModelConfig::part_is_given(std::string_view key) const {
  const ModelConfig* found = find_part(key);
  return found && found->given_;
}

const ModelConfig& ModelConfig::part(std::string_view key) const {
  if (const ModelConfig* found = find_part(key)) return *found;
  throw Error(ErrorKind::spec,
              fmt::format("{} is missing; models of type {} need it", place(key), quote(model_type_, 60)));
}

}  // namespace testloom
