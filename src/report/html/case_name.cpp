#include "report/html/case_name.h"

#include <charconv>

namespace testloom {

namespace {

constexpr std::string_view kBatch = "[batch_size=";

// The last part of `text` after a '/', which goes from it.
std::string take_last_part(std::string_view& text) {
  const size_t slash = text.rfind('/');
  if (slash == std::string_view::npos) return "";
  const std::string part(text.substr(slash + 1));
  text = text.substr(0, slash);
  return part;
}

}  // namespace

std::string axes_label(std::string_view case_name) {
  const size_t label = case_name.rfind(kBatch);
  if (label == std::string_view::npos || !case_name.ends_with(']')) return "";
  const size_t comma = case_name.find(',', label);
  return comma == std::string_view::npos
             ? ""
             : std::string(case_name.substr(comma + 1, case_name.size() - comma - 2));
}

CaseName parse_case(std::string_view case_name) {
  CaseName name;
  std::string_view rest = case_name.substr(0, case_name.rfind(kBatch));
  if (rest.size() == case_name.size()) return {std::string(case_name), "", 0, "", ""};
  const std::string_view digits = case_name.substr(rest.size() + kBatch.size());
  std::from_chars(digits.data(), digits.data() + digits.size(), name.batch_size);
  name.axes = axes_label(case_name);
  name.template_name = take_last_part(rest);
  name.hardware_type = take_last_part(rest);
  name.model_name = rest;
  return name;
}

}  // namespace testloom
