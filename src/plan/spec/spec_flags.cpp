#include "plan/spec/spec.h"

namespace testloom {

PlanSpec spec_of_flags(std::string name, const std::vector<std::string>& models,
                       std::vector<std::string> hardware_types, std::vector<int64_t> batch_sizes) {
  PlanSpec spec;
  spec.name = std::move(name);
  for (const std::string& model : models) spec.models.push_back({model, std::nullopt, {}});
  spec.hardware_types = std::move(hardware_types);
  spec.batch_sizes = std::move(batch_sizes);
  return spec;
}

std::string text_from(const PlanSpec& spec, int line) {
  size_t begin = 0;
  for (int at = 1; at < line && begin < spec.text.size(); ++at) {
    const size_t end = spec.text.find('\n', begin);
    begin = end == std::string::npos ? spec.text.size() : end + 1;
  }
  return line < 1 ? std::string() : spec.text.substr(begin);
}

std::string line_of(const PlanSpec& spec, int line) {
  const std::string text = text_from(spec, line);
  return text.substr(0, text.find_first_of("\r\n"));
}

}  // namespace testloom
