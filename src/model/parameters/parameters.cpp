#include "model/parameters/parameters.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include <fmt/format.h>

#include "model/config/classes.h"
#include "model/parameters/formulas.h"

namespace testloom {

namespace {

// The class's name without the prefix of its type. Of a class that is named otherwise, what it ends with:
// "Model", "LMHeadModel", "For…"; `known` is then false.
std::string_view head_of(std::string_view class_name, std::string_view prefix, bool& known) {
  if (class_name.empty()) return "Model";
  known = class_name.starts_with(prefix);
  if (known) return class_name.substr(prefix.size());
  for (const std::string_view end : {"LMHeadModel", "Model"}) {
    if (class_name.ends_with(end)) return end;
  }
  const size_t at = class_name.rfind("For");
  return at == class_name.npos ? "Model" : class_name.substr(at);
}

}  // namespace

const TypeFormula* find_formula(std::string_view model_type) {
  static const auto formulas = [] {
    std::unordered_map<std::string_view, const TypeFormula*> map;
    for (const auto& family : {encoder_formulas(), decoder_formulas(), mixture_formulas()}) {
      for (const TypeFormula& formula : family) map[formula.model_type] = &formula;
    }
    return map;
  }();
  const auto found = formulas.find(model_type);
  return found == formulas.end() ? nullptr : found->second;
}

const TypeFormula& nearest_formula(const ModelConfig& config) {
  return *find_formula(config.has("num_key_value_heads") ? "llama" : "bert");
}

void count_part(const ModelConfig& part, std::string_view head, Tally& tally) {
  const TypeFormula* formula = find_formula(part.model_type());
  if (!formula) tally.inexact();
  if (!(formula ? *formula : nearest_formula(part)).formula(part, head, tally)) tally.inexact();
}

int64_t split_width(const ModelConfig& config, std::string_view width, std::string_view heads) {
  const int64_t size = config.positive(width);
  if (size % config.positive(heads) != 0) {
    config.refuse(width, fmt::format("a multiple of {} = {} is needed", heads, config.positive(heads)));
  }
  return size;
}

ParameterCount count_parameters(const ModelConfig& config, std::string_view wanted) {
  const std::string class_name = model_class(config, wanted);
  const TypeFormula* own = find_formula(config.model_type());
  const TypeFormula& formula = own ? *own : nearest_formula(config);
  bool named_so = own != nullptr;
  const std::string_view head = head_of(class_name, formula.prefix, named_so);
  Tally tally;
  if (!formula.formula(config, head, tally) || !named_so || !own) tally.inexact();
  ParameterCount count = tally.take(config);
  count.by = formula.model_type;
  count.architecture = class_name;
  return count;
}

}  // namespace testloom
