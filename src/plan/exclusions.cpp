#include "plan/exclusions.h"

#include <fmt/format.h>

#include "base/text.h"
#include "plan/condition/condition.h"
#include "store/sql_text.h"

namespace testloom {

namespace {

std::vector<ConditionColumn> columns_of(const Matrix& matrix, const AttributeTypes& attributes) {
  std::vector<ConditionColumn> columns = {
      {"model_name", "m.model_name", "VARCHAR"},         {"model_family", "s.model_family", "VARCHAR"},
      {"model_location", "m.model_location", "VARCHAR"}, {"task", "m.task", "VARCHAR"},
      {"hardware_type", "c.hardware_type", "VARCHAR"},   {"batch_size", "c.batch_size", "BIGINT"},
      {"template_name", "s.template_name", "VARCHAR"}};
  for (size_t axis = 0; axis < matrix.axis_count(); ++axis) {
    if (!matrix.is_planned(axis)) continue;
    columns.push_back(
        {matrix.axis_name(axis), fmt::format("c.a{}", axis), type_of_axis(matrix.values(axis))});
  }
  for (const auto& [name, type] : attributes)
    columns.push_back({"model." + name, attribute_sql(name, type), type});
  return columns;
}

ConditionSource source_of(const PlanSpec& spec, const SpecPlace& place) {
  if (place.line == 0) return {"--exclude", "", 0, 0};
  return {spec.path, text_from(spec, place.line), place.line, place.column};
}

}  // namespace

std::vector<PlanCondition> check_exclusions(Connection& checker, const PlanSpec& spec, const Matrix& matrix,
                                            const AttributeTypes& attributes) {
  const std::vector<ConditionColumn> columns = columns_of(matrix, attributes);
  std::vector<PlanCondition> conditions;
  std::vector<Diagnostic> mistakes;
  for (const Exclusion& exclusion : spec.exclusions) {
    try {
      const CheckedCondition checked = checked_condition(checker, exclusion.where, columns,
                                                         source_of(spec, exclusion.place), ErrorKind::spec);
      PlanCondition condition{checked.sql,      false,           {},
                              exclusion.reason, exclusion.where, source_of(spec, exclusion.place)};
      for (const size_t column : checked.columns) {
        const std::string& of = columns[column].sql;
        condition.about_model |= of.find("m.") != std::string::npos;
        if (of.starts_with("c.")) condition.cell_columns.push_back(of.substr(2));
      }
      conditions.push_back(std::move(condition));
    } catch (const Error& error) {
      mistakes.insert(mistakes.end(), error.diagnostics().begin(), error.diagnostics().end());
    }
  }
  if (!mistakes.empty()) throw Error(ErrorKind::spec, std::move(mistakes));
  return conditions;
}

Error condition_too_wide(const PlanCondition& condition, double most) {
  Diagnostic diagnostic =
      condition_failed(condition.where, condition.source, ErrorKind::spec, "").diagnostics().front();
  diagnostic.message = fmt::format(
      "the axes of this condition have more than {:.0f} values together, too many to sample by", most);
  diagnostic.hint = "say it in conditions over fewer axes each";
  return Error(ErrorKind::spec, std::vector{std::move(diagnostic)});
}

void fail_for_row(const std::vector<PlanCondition>& conditions, bool about_models, const Error& error) {
  std::vector<Diagnostic> diagnostics;
  for (const PlanCondition& condition : conditions) {
    if (condition.about_model != about_models || !is_row_failure(error)) continue;
    const Error failed =
        condition_failed(condition.where, condition.source, ErrorKind::spec, error.message());
    diagnostics.push_back(failed.diagnostics().front());
  }
  if (diagnostics.empty()) throw Error(error);
  if (diagnostics.size() > 1) diagnostics.front().hint += "; it is this condition or one of the next";
  throw Error(ErrorKind::spec, std::move(diagnostics));
}

std::string exclusion_cases(const std::vector<PlanCondition>& conditions, bool about_models) {
  std::string cases;
  for (const PlanCondition& condition : conditions) {
    if (condition.about_model == about_models)
      cases += fmt::format(" WHEN {} THEN {}", condition.sql, sql_text(condition.reason));
  }
  return cases;
}

}  // namespace testloom
