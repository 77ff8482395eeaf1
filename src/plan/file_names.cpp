#include "plan/file_names.h"

#include <fmt/format.h>

#include "base/text.h"
#include "catalog/json_values.h"

namespace testloom {

namespace {

constexpr size_t kMaxNameBytes = 200;

std::string kept_characters(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '.' || c == '-';
    if (!plain) c = '_';
  }
  return out;
}

}  // namespace

std::string file_name_of(std::string_view text, size_t limit) {
  std::string name = kept_characters(text);
  if (name.empty() || name == "." || name == ".." || name.front() == '-') name = "_" + name;
  if (name.size() > limit) name = name.substr(0, limit - 9) + "-" + short_hash(text);
  return name;
}

NameChooser::NameChooser(std::initializer_list<const char*> reserved) {
  for (const char* name : reserved) take(name);
}

std::string NameChooser::choose(std::string_view text, size_t limit) {
  std::string plain = file_name_of(text, limit);
  if (take(plain)) return plain;
  const std::string hashed = file_name_of(text, limit - 9) + "-" + short_hash(text);
  if (take(hashed)) return hashed;
  for (int number = 2;; ++number) {
    const std::string next = fmt::format("{}-{}", file_name_of(hashed, limit - 9), number);
    if (take(next)) return next;
  }
}

bool NameChooser::take(const std::string& name) {
  std::string folded = name;
  for (char& c : folded) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return taken_.insert(std::move(folded)).second;
}

TestPlaces::Place TestPlaces::place_of(const PlannedTest& test, std::string_view suffix) {
  if (folder_.empty() || model_name_ != test.model_name) {
    model_name_ = test.model_name;
    folder_ = folders_.choose(test.model_name, kMaxNameBytes);
    names_ = {};
  }
  std::string stem = fmt::format("test_{}_{}_b{}", test.template_name, test.hardware_type, test.batch_size);
  for (const auto& [name, value] : test.axes) {
    const std::string* text = std::get_if<std::string>(&value.data);
    stem += fmt::format("_{}-{}", name, text ? *text : json_of(value));
  }
  return {folder_, names_.choose(stem, kMaxNameBytes - suffix.size()).append(suffix)};
}

}  // namespace testloom
