#include "plan/axis_check.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "catalog/json_values.h"

namespace testloom {

bool fits_type(ValueType type, const Value& value) {
  switch (type) {
    case ValueType::any:
      return true;
    case ValueType::boolean:
      return std::holds_alternative<bool>(value.data);
    case ValueType::integer:
      return std::holds_alternative<int64_t>(value.data);
    case ValueType::number:
      return std::holds_alternative<double>(value.data) || std::holds_alternative<int64_t>(value.data);
    case ValueType::text:
      return std::holds_alternative<std::string>(value.data);
    default:
      return false;
  }
}

namespace {

const ParameterInfo* find_parameter(const Variant& variant, std::string_view name) {
  for (const ParameterInfo& parameter : variant.parameters) {
    if (parameter.name == name) return &parameter;
  }
  return nullptr;
}

void check_axis(const PlanSpec& spec, const std::vector<Variant>& variants, const Axis& axis,
                std::vector<Diagnostic>& mistakes) {
  std::set<std::string_view> parameters;
  bool is_declared = false;
  for (const Variant& variant : variants) {
    for (const ParameterInfo& parameter : variant.parameters) parameters.insert(parameter.name);
    const ParameterInfo* parameter = find_parameter(variant, axis.name);
    if (!parameter) continue;
    is_declared = true;
    const auto wrong = std::find_if(axis.values.begin(), axis.values.end(),
                                    [&](const Value& value) { return !fits_type(parameter->type, value); });
    if (wrong == axis.values.end()) continue;
    const auto at = static_cast<size_t>(wrong - axis.values.begin());
    mistakes.push_back(
        diagnose(spec, at < axis.value_places.size() ? axis.value_places[at] : axis.place,
                 fmt::format("the axis '{}' has the value {}, but the template '{}' declares it as {}",
                             axis.name, json_of(*wrong), variant.template_name, type_word(parameter->type)),
                 "give values of that type, or change the template's '#% param'"));
    return;
  }
  if (is_declared) return;
  const std::vector<std::string_view> names(parameters.begin(), parameters.end());
  const std::string guess = nearest(axis.name, names);
  mistakes.push_back(
      diagnose(spec, axis.place, fmt::format("no chosen template declares the axis '{}'", axis.name),
               !guess.empty()  ? fmt::format("did you mean '{}'?", guess)
               : names.empty() ? std::string("a template declares one with '#% param NAME: TYPE'")
                               : fmt::format("they declare: {}", join(names, ", "))));
}

}  // namespace

void check_plan_axes(const PlanSpec& spec, const std::vector<Variant>& variants) {
  std::vector<Variant> wanted;
  for (const Variant& variant : variants) {
    const bool is_wanted = !spec.templates || std::find(spec.templates->begin(), spec.templates->end(),
                                                        variant.template_name) != spec.templates->end();
    if (is_wanted) wanted.push_back(variant);
  }
  std::vector<Diagnostic> mistakes;
  for (const Axis& axis : spec.axes) check_axis(spec, wanted, axis, mistakes);
  for (const std::vector<Axis>& zip : spec.zips) {
    for (const Axis& axis : zip) check_axis(spec, wanted, axis, mistakes);
  }
  if (!mistakes.empty()) throw Error(ErrorKind::spec, std::move(mistakes));
}

std::string reason_not_taken(const Variant& variant, const Matrix& matrix, const Cell& cell) {
  for (const ParameterInfo& parameter : variant.parameters) {
    const std::optional<size_t> axis =
        parameter.choices.empty() ? std::nullopt : matrix.find_axis(parameter.name);
    if (!axis || cell.values[*axis] == Cell::kNotDeclared) continue;
    const AxisValue& value = matrix.values(*axis)[static_cast<size_t>(cell.values[*axis])];
    const bool is_choice = std::any_of(parameter.choices.begin(), parameter.choices.end(),
                                       [&](const Value& choice) { return json_of(choice) == value.json; });
    if (!is_choice)
      return fmt::format("the template '{}' does not take {}={}", variant.template_name, parameter.name,
                         value.shown);
  }
  return {};
}

void refuse_size(const PlanSpec& spec, double tests, const std::string& what) {
  std::vector<std::pair<size_t, std::string>> factors = {{spec.hardware_types.size(), "hardware_types"},
                                                         {spec.batch_sizes.size(), "batch_sizes"}};
  for (const Axis& axis : spec.axes) factors.emplace_back(axis.values.size(), axis.name);
  for (const std::vector<Axis>& zip : spec.zips)
    factors.emplace_back(zip.front().values.size(), zip.front().name);
  const auto largest = std::max_element(factors.begin(), factors.end());
  throw Error(
      ErrorKind::spec, fmt::format("{} {:.0f} tests, more than max_tests = {}", what, tests, spec.max_tests),
      fmt::format("the largest axis is '{}' with {} values; leave some out, name fewer models, or raise "
                  "max_tests in [plan.limits]",
                  largest->second, largest->first));
}

}  // namespace testloom
