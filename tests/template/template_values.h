// Values for template tests, and the plain substitution that harmless values must agree with.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "testloom/template.h"

namespace testloom {

// Values by name; setting one again replaces it.
struct Values : std::vector<std::pair<std::string, Value>> {
  Values& set(std::string_view name, Value value) {
    for (auto& [known, held] : *this) {
      if (known == name) {
        held = std::move(value);
        return *this;
      }
    }
    emplace_back(std::string(name), std::move(value));
    return *this;
  }
};

inline Values plain_values() {
  Values values;
  values.set("model_name", "bert-base-uncased").set("model_family", "text_embedding");
  values.set("model_location", "org/model:v1.2").set("task", "feature_extraction");
  values.set("hardware_type", "cuda").set("device", "cuda").set("batch_size", int64_t{4});
  values.set("test_id", "0b9e0a51-5c1e-8a6f-9d3b-7d1f5a2c4e60").set("template_name", "embedding");
  return values;
}

inline Values hostile_values() {
  Values values;
  for (const NameInfo& info : template_names()) {
    if (info.type == ValueType::text) {
      values.set(info.name, "a\"; import os  # '\n");
    } else if (info.type == ValueType::integer) {
      values.set(info.name, int64_t{-4});
    }
  }
  return values;
}

// `${name}` replaced by the value's text wherever it stands, and nothing else.
inline std::string plainly_substituted(std::string text) {
  for (const auto& [name, value] : plain_values()) {
    const std::string placeholder = "${" + name + "}";
    const std::string* held = std::get_if<std::string>(&value.data);
    const std::string shown = held ? *held : std::to_string(std::get<int64_t>(value.data));
    for (size_t at = 0; (at = text.find(placeholder, at)) != std::string::npos; at += shown.size()) {
      text.replace(at, placeholder.size(), shown);
    }
  }
  return text;
}

}  // namespace testloom
