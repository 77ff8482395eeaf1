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

// Fills the tally, and gives the formula that did it.
const TypeFormula& count_class(const ModelConfig& config, std::string_view class_name, Tally& tally) {
  const TypeFormula* own = find_formula(config.model_type());
  const TypeFormula& formula = own ? *own : nearest_formula();
  bool known = own != nullptr;
  const std::string_view head = head_of(class_name, formula.prefix, known);
  if (!formula.formula(config, head, tally) || !known || !own) tally.inexact();
  return formula;
}

}  // namespace

const TypeFormula* find_formula(std::string_view model_type) {
  static const auto formulas = [] {
    std::unordered_map<std::string_view, const TypeFormula*> map;
    for (const auto& family :
         {encoder_formulas(), decoder_formulas(), mixture_formulas(), encoder_decoder_formulas(),
          vision_formulas(), convolution_formulas(), multimodal_formulas(), audio_formulas()}) {
      for (const TypeFormula& formula : family) map[formula.model_type] = &formula;
    }
    return map;
  }();
  const auto found = formulas.find(model_type);
  return found == formulas.end() ? nullptr : found->second;
}

void count_part(const ModelConfig& part, Tally& tally) {
  count_class(part, model_class(part, "AutoModel"), tally);
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
  Tally tally;
  const TypeFormula& formula = count_class(config, class_name, tally);
  ParameterCount count = tally.take(config);
  count.by = formula.model_type;
  count.architecture = class_name;
  return count;
}

}  // namespace testloom
