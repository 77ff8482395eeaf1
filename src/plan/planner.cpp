#include "plan/planner.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "catalog/models.h"
#include "catalog/names.h"
#include "plan/estimates/observations.h"
#include "plan/estimates/profile_names.h"
#include "plan/expansion.h"
#include "plan/plan_models.h"
#include "plan/plan_record.h"
#include "plan/plan_summary.h"
#include "plan/selection.h"

namespace testloom {

namespace {

int64_t number(Connection& connection, const std::string& sql, std::initializer_list<Parameter> parameters) {
  Result rows = connection.query(sql, parameters);
  rows.next();
  return rows.is_null(0) ? 0 : rows.integer(0);
}

void check_spec(const PlanSpec& spec, std::vector<std::string>& notes) {
  if (spec.models.empty()) throw Error(ErrorKind::usage, "no model is named", "name one with --model");
  std::set<std::string_view> seen;
  for (const ModelSource& source : spec.models) {
    if (source.list) continue;
    check_model_name(source.pattern);
    if (seen.insert(source.pattern).second) continue;
    throw Error(ErrorKind::usage, fmt::format("the model {} is named twice", quote(source.pattern)),
                "name each once");
  }
  check_hardware_types(spec.hardware_types, notes);
  check_batch_sizes(spec.batch_sizes);
  check_label(spec.name, "the plan's name");
  if (spec.name.find_first_not_of("0123456789") == std::string::npos) {
    throw Error(ErrorKind::usage, fmt::format("the plan's name {} is a number", quote(spec.name)),
                "numbers stand for plans by their id; give it a word");
  }
}

// The names that the spec chooses; each must be a template's.
std::optional<std::set<std::string>> chosen_templates(Connection& connection, const PlanSpec& spec) {
  if (!spec.templates) return std::nullopt;
  std::set<std::string> known;
  Result rows = connection.query(
      "SELECT DISTINCT template_name FROM templates WHERE removed_at IS NULL AND NOT coalesce(is_partial, "
      "false)");
  while (rows.next()) known.emplace(rows.text(0));
  const std::vector<std::string_view> names(known.begin(), known.end());
  std::vector<Diagnostic> mistakes;
  for (size_t i = 0; i < spec.templates->size(); ++i) {
    const std::string& name = (*spec.templates)[i];
    if (known.contains(name)) continue;
    const std::string guess = nearest(name, names);
    mistakes.push_back(diagnose(spec, i < spec.template_places.size() ? spec.template_places[i] : SpecPlace{},
                                fmt::format("there is no template {}", quote(name)),
                                guess.empty() ? "`testloom template list` shows the templates"
                                              : fmt::format("did you mean '{}'?", guess)));
  }
  if (!mistakes.empty()) throw Error(ErrorKind::spec, std::move(mistakes));
  return std::set<std::string>(spec.templates->begin(), spec.templates->end());
}

// Hardware types besides the plan's that cells may be on: inclusions', and those that templates need tests
// on.
std::set<std::string> other_hardware_types(const PlanSpec& spec,
                                           const std::vector<std::vector<NeedInfo>>& needs) {
  std::set<std::string> others;
  const auto add = [&](const std::string& name, const Value& value) {
    const std::string* text = std::get_if<std::string>(&value.data);
    if (name == "hardware_type" && text) others.insert(*text);
  };
  for (const Inclusion& inclusion : spec.inclusions) {
    for (const auto& [name, value] : inclusion.cell) add(name, value);
  }
  for (const std::vector<NeedInfo>& list : needs) {
    for (const NeedInfo& need : list) {
      for (const auto& [name, value] : need.axes) add(name, value);
    }
  }
  for (const std::string& hardware_type : spec.hardware_types) others.erase(hardware_type);
  return others;
}

std::set<std::string> axis_names(const PlanSpec& spec) {
  std::set<std::string> names;
  for (const Axis& axis : spec.axes) names.insert(axis.name);
  for (const std::vector<Axis>& zip : spec.zips) {
    for (const Axis& axis : zip) names.insert(axis.name);
  }
  return names;
}

// The templates' variants, for the plan's hardware types and those that they need.
SelectionRequest selection_request(Connection& connection, TemplatesAhead& ahead, const PlanSpec& spec) {
  std::set<std::string> hardware_types(spec.hardware_types.begin(), spec.hardware_types.end());
  SelectionRequest request;
  request.hardware_types = spec.hardware_types;
  for (;;) {
    request.variants = make_variants(connection, ahead, hardware_types, axis_names(spec));
    std::vector<std::vector<NeedInfo>> needs;
    for (const Variant& variant : request.variants) needs.push_back(variant.needs);
    request.needed_hardware_types = other_hardware_types(spec, needs);
    const size_t before = hardware_types.size();
    hardware_types.insert(request.needed_hardware_types.begin(), request.needed_hardware_types.end());
    if (hardware_types.size() == before) break;
  }
  request.template_names = chosen_templates(connection, spec);
  return request;
}

}  // namespace

PlanSummary make_plan(Store& store, const PlanSpec& asked, std::vector<std::string>& notes,
                      const KeepPlan& keep) {
  check_spec(asked, notes);
  Connection& connection = store.connection();
  register_detect_family(connection);
  register_profile_functions(connection);
  const CurrentCalibration calibration = current_calibration(connection);
  PlanSpec spec = asked;
  spec.libraries = known_libraries(connection, asked.libraries);
  const std::string fingerprint = fingerprint_of(connection, spec, calibration.state);
  const int64_t previous =
      number(connection, "SELECT max(plan_id) FROM plans WHERE plan_name = ?", {spec.name});
  if (std::optional<PlanSummary> equal = read_equal(connection, previous, fingerprint)) return *equal;

  // Never the number of a plan that was removed while runs of it are kept.
  const int64_t plan_id = number(connection,
                                 "SELECT coalesce(max(plan_id), 0) + 1 FROM (SELECT plan_id FROM plans UNION "
                                 "ALL SELECT plan_id FROM runs)",
                                 {});
  for (const auto& [hardware_type, gigabytes] : spec.memory_limits_gb) {
    const auto& planned = spec.hardware_types;
    if (std::find(planned.begin(), planned.end(), hardware_type) == planned.end())
      notes.push_back(fmt::format("memory_gb has a limit for {}, which is no hardware type of the plan",
                                  quote(hardware_type)));
  }
  TemplatesAhead ahead(store, spec.hardware_types.front());
  Knowledge knowledge = read_knowledge(connection, spec.libraries);
  knowledge.calibration = calibration.found.calibration;
  knowledge.measured = calibration.found.cells;
  const AttributeTypes attributes = find_plan_models(connection, plan_id, spec, knowledge.measured);
  Transaction transaction(connection);
  keep_calibration(connection, calibration);
  const SelectionRequest selection = selection_request(connection, ahead, spec);
  select_templates(connection, plan_id, selection);
  keep_plan_models(connection);
  Connection checker = store.connect();
  Expansion expansion(connection, {plan_id, &spec, &selection.variants, &attributes, &knowledge, &checker});
  expansion.prepare();
  expansion.write_rows();
  PlanSummary summary = summarise(connection, plan_id, spec);
  summary.sampled_from = expansion.sampled_from();
  if (previous > 0) summary.diff = compare_plans(connection, plan_id, previous);

  const bool same = summary.diff.same();
  const bool stored = summary.tests > 0 && !same && keep(summary);
  if (stored) {
    write_plan(connection, spec, summary, fingerprint);
    transaction.commit_as_checkpoint();
    return summary;
  }
  transaction.roll_back();
  summary.plan_id = same ? previous : 0;
  if (!same || !keep(summary)) return summary;
  Transaction noting(connection);
  keep_calibration(connection, calibration);
  note_equal(connection, previous, fingerprint);
  noting.commit();
  return summary;
}

int64_t latest_plan(Connection& connection, const std::optional<std::string>& plan_name) {
  if (plan_name) check_text(*plan_name, "the plan's name");
  const Parameter name = or_null(plan_name);
  const int64_t plan_id = number(
      connection,
      "SELECT max(plan_id) FROM plans WHERE $1::VARCHAR IS NULL OR plan_name = $1 OR plan_id::VARCHAR = $1",
      {name});
  if (plan_id > 0) return plan_id;
  if (plan_name) {
    throw Error(ErrorKind::usage, fmt::format("there is no plan {}", quote(*plan_name)),
                "`testloom plan` makes one");
  }
  throw Error(ErrorKind::usage, "there is no plan in this store yet", "make one: testloom plan --model NAME");
}

}  // namespace testloom
