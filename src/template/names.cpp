#include "template/names.h"

#include <fmt/core.h>

#include "base/text.h"

namespace testloom {

const std::vector<NameInfo>& template_names() {
  static const std::vector<NameInfo> names = {
      {"model_name", ValueType::text, "the model's name as the user gave it"},
      {"model_family", ValueType::text, "the model's family, such as text_embedding"},
      {"model_location", ValueType::text, "where the model is loaded from: a hub id or a folder"},
      {"task", ValueType::text, "what the model is used for, such as feature-extraction"},
      {"hardware_type", ValueType::text, "the hardware type of the test, such as cpu or cuda"},
      {"device", ValueType::text, "what torch calls the hardware: rocm is \"cuda\""},
      {"batch_size", ValueType::integer, "how many inputs go through the model at once"},
      {"test_id", ValueType::text, "the UUID of exactly this test"},
      {"template_name", ValueType::text, "the name of the template itself"},
  };
  return names;
}

namespace templating {

std::optional<size_t> find_slot(std::string_view name) {
  const std::vector<NameInfo>& names = template_names();
  for (size_t slot = 0; slot < names.size(); ++slot) {
    if (names[slot].name == name) return slot;
  }
  return std::nullopt;
}

std::string unknown_name_hint(std::string_view name) {
  std::vector<std::string_view> known;
  std::string list;
  for (const NameInfo& info : template_names()) {
    known.push_back(info.name);
    if (!list.empty()) list += ", ";
    list += info.name;
  }
  const std::string likely = nearest(name, known);
  return likely.empty() ? "known names: " + list : fmt::format("did you mean '{}'?", likely);
}

}  // namespace templating

Values::Values() : slots_(template_names().size()), present_(template_names().size()) {}

Values& Values::set(std::string_view name, Value value) {
  const std::optional<size_t> slot = templating::find_slot(name);
  if (!slot) {
    throw Error(ErrorKind::usage, fmt::format("unknown name {}", quote(name)),
                templating::unknown_name_hint(name));
  }
  const bool is_text = std::holds_alternative<std::string>(value);
  if (is_text != (template_names()[*slot].type == ValueType::text)) {
    throw Error(ErrorKind::usage,
                fmt::format("the value of '{}' must be {}", name, is_text ? "an integer" : "text"));
  }
  if (is_text && !is_utf8(std::get<std::string>(value))) {
    throw Error(ErrorKind::usage, fmt::format("the value of '{}' is not UTF-8", name));
  }
  slots_[*slot] = std::move(value);
  present_[*slot] = true;
  return *this;
}

const Value* Values::find(size_t slot) const {
  return slot < present_.size() && present_[slot] ? &slots_[slot] : nullptr;
}

}  // namespace testloom
