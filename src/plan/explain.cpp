#include "plan/explain.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "catalog/json_values.h"
#include "catalog/models.h"
#include "catalog/template_parts.h"
#include "plan/test_columns.h"
#include "store/sql_text.h"

namespace testloom {

namespace {

// The model as the plan has it, or as it would be planned now.
struct Subject {
  std::string name, family, task, origin, profile;
  std::optional<int64_t> pinned;
  bool in_plan = false;
};

Subject find_subject(Connection& connection, const ExplainRequest& request) {
  Result rows = connection.query(
      "SELECT model_family, task, family_origin, profile, template_id FROM plan_models WHERE plan_id = ? AND "
      "model_name = ?",
      {request.plan_id, request.model_name});
  if (rows.next()) {
    return {request.model_name,
            std::string(rows.text(0)),
            std::string(rows.text(1)),
            std::string(rows.text(2)),
            std::string(rows.text(3)),
            rows.is_null(4) ? std::nullopt : std::optional(rows.integer(4)),
            true};
  }
  const FamilyGuess guess = family_of(connection, request.model_name);
  const std::optional<StoredMapping> mapping = find_mapping(connection, request.model_name);
  return {request.model_name,
          guess.model_family,
          guess.task,
          guess.origin,
          {},
          mapping ? mapping->template_id : std::nullopt,
          false};
}

std::string family_why(Connection& connection, const Subject& subject) {
  const FamilyGuess guess = detect_family(subject.name);
  if (subject.origin == "mapping") {
    const std::optional<StoredMapping> mapping = find_mapping(connection, subject.name);
    return fmt::format("by the mapping {}; its name alone would say {}",
                       mapping ? std::to_string(mapping->mapping_id) : "that there was", guess.model_family);
  }
  if (subject.origin == "list")
    return fmt::format("by the list of models; its name alone would say {}", guess.model_family);
  if (subject.origin == "config")
    return fmt::format("by its files; its name alone would say {}", guess.model_family);
  if (guess.model_family == "unknown" || guess.evidence.empty())
    return "its name says nothing; map it: testloom model add NAME --family FAMILY";
  return fmt::format("by its name: {} ({:.0f} % sure)", quote(guess.evidence), guess.confidence * 100);
}

// --- templates

struct LiveTemplate {
  int64_t template_id;
  std::string name, family, hardware;  // empty: any
};

std::vector<LiveTemplate> live_templates(Connection& connection) {
  Result rows = connection.query(
      "SELECT template_id, template_name, model_family, coalesce(hardware_type, '') FROM templates WHERE "
      "removed_at IS NULL "
      "AND NOT coalesce(is_partial, false) ORDER BY template_name, template_id");
  std::vector<LiveTemplate> live;
  while (rows.next())
    live.push_back(
        {rows.integer(0), std::string(rows.text(1)), std::string(rows.text(2)), std::string(rows.text(3))});
  return live;
}

// Why it loses, or empty: it is chosen.
std::string why_lost(const LiveTemplate& each, const std::vector<LiveTemplate>& all, const Subject& subject,
                     const std::string& hardware_type, const std::optional<std::set<std::string>>& names) {
  if (subject.pinned && *subject.pinned != each.template_id)
    return fmt::format("the model's mapping pins template {}", *subject.pinned);
  if (!subject.pinned && each.family != subject.family)
    return fmt::format("it is for family {}", each.family);
  if (!each.hardware.empty() && each.hardware != hardware_type)
    return fmt::format("it is for {} alone", each.hardware);
  if (names && !names->contains(each.name)) return "it is not among the plan's templates";
  if (subject.pinned) return "";
  const auto better = std::find_if(all.begin(), all.end(), [&](const LiveTemplate& other) {
    const bool rival =
        other.name == each.name && other.family == each.family && other.template_id != each.template_id;
    if (!rival) return false;
    if (each.hardware.empty())
      return other.hardware == hardware_type ||
             (other.hardware.empty() && other.template_id > each.template_id);
    return other.hardware == each.hardware && other.template_id > each.template_id;
  });
  if (better == all.end()) return "";
  return better->hardware == each.hardware
             ? fmt::format("template {} is a later one for the same", better->template_id)
             : fmt::format("template {} of the same name is for exactly {}", better->template_id,
                           hardware_type);
}

std::optional<std::set<std::string>> planned_templates(const Value::Dict& spec) {
  for (const auto& [key, value] : spec) {
    if (key != "templates") continue;
    std::set<std::string> names;
    for (const Value& name : std::get<Value::List>(value.data))
      names.insert(std::get<std::string>(name.data));
    return names;
  }
  return std::nullopt;
}

// --- predictions

std::string priority_terms(const PlannedTest& test) {
  std::string terms = "5";
  if (test.hardware_type == "cpu") terms += ", cpu +1";
  if (test.hardware_type == "cuda" || test.hardware_type == "rocm")
    terms += fmt::format(", {} -1", test.hardware_type);
  if (test.batch_size <= 1) terms += ", batch size 1 or less +1";
  if (test.batch_size >= 16) terms += ", batch size 16 or more -1";
  return fmt::format("{} = {}", terms, test.priority);
}

// --- the cells asked about

// Over the aliases of kJoinedTests.
std::string cell_condition(const ExplainRequest& request) {
  std::string condition = "true";
  if (request.hardware_type) condition += " AND c.hardware_type = " + sql_text(*request.hardware_type);
  if (request.batch_size) condition += fmt::format(" AND c.batch_size = {}", *request.batch_size);
  if (request.template_name) condition += " AND v.template_name = " + sql_text(*request.template_name);
  for (const auto& [name, value] : request.axes) {
    condition += fmt::format(" AND json_extract_string(c.axes, {}) = {}", sql_text(json_pointer({name})),
                             sql_text(value));
  }
  return condition;
}

void add_tests(Connection& connection, const ExplainRequest& request, Explanation& explanation) {
  TestFilter filter{request.plan_id, {}, {}, {}, "m.model_name = " + sql_text(request.model_name)};
  std::map<std::string, std::string> cases;
  for_each_test(connection, filter, [&](const PlannedTest& test) { cases[test.test_id] = test.case_name; });
  filter.where += " AND " + cell_condition(request);
  const Knowledge knowledge = current_knowledge(connection, request.plan_id);
  for_each_test(connection, filter, [&](const PlannedTest& test) {
    ExplainedTest& explained = explanation.tests.emplace_back();
    explained.test = test;
    explained.priority_terms = priority_terms(test);
    explained.estimate = explain_estimate(connection, knowledge, test);
    for (const std::string& id : test.dependencies) explained.before.push_back(cases.at(id));
  });
}

// An axis of the plan that has not the value that was asked for.
void add_outside(Connection& connection, const ExplainRequest& request, Explanation& explanation) {
  const auto check = [&](const std::string& what, const std::string& sql,
                         const std::optional<std::string>& wanted) {
    if (!wanted) return;
    Result rows =
        connection.query(fmt::format("SELECT string_agg(value::VARCHAR, ', ' ORDER BY value), "
                                     "coalesce(bool_or(value::VARCHAR = $2), false) "
                                     "FROM (SELECT DISTINCT {} AS value FROM combos c WHERE c.plan_id = $1)",
                                     sql),
                         {request.plan_id, *wanted});
    rows.next();
    if (rows.boolean(1)) return;
    explanation.missing.push_back(fmt::format("the plan has no cell with {} {}: it has {}", what,
                                              quote(*wanted),
                                              rows.is_null(0) ? "none" : std::string(rows.text(0))));
  };
  check("hardware type", "c.hardware_type", request.hardware_type);
  check("batch size", "c.batch_size",
        request.batch_size ? std::optional(std::to_string(*request.batch_size)) : std::nullopt);
  for (const auto& [name, value] : request.axes)
    check(name, fmt::format("json_extract_string(c.axes, {})", sql_text(json_pointer({name}))), value);
}

// What was left out for the model's whole group.
void add_group_skips(Connection& connection, const ExplainRequest& request, const Subject& subject,
                     Explanation& explanation) {
  std::string condition = cell_condition(request);
  Result rows = connection.query(
      fmt::format(
          "SELECT CASE WHEN v.template_name IS NULL THEN s.hardware_type ELSE s.hardware_type || '/' || "
          "v.template_name || coalesce(c.label, '') END || ': ' || s.reason FROM plan_skips s LEFT JOIN "
          "template_versions v ON v.version_id = s.version_id LEFT JOIN combos c ON c.plan_id = $1 AND "
          "c.combo = "
          "s.combo WHERE s.plan_id = $1 AND s.model_family = $2 AND s.pinned IS NOT DISTINCT FROM $3 AND "
          "(s.profile IS NULL OR s.profile = $5) AND (s.combo IS "
          "NULL AND ($4::VARCHAR IS NULL OR s.hardware_type = $4) OR {}) ORDER BY s.version_id, s.combo",
          condition),
      {request.plan_id, subject.family, or_null(subject.pinned), or_null(request.hardware_type),
       subject.profile});
  while (rows.next()) explanation.missing.emplace_back(rows.text(0));
}

std::string cases_of_exclusions(Connection& connection, const ExplainRequest& request,
                                const Value::Dict& spec) {
  std::string cases;
  for (const auto& [key, value] : spec) {
    if (key != "exclude") continue;
    for (const Value& each : std::get<Value::List>(value.data)) {
      std::string where, reason;
      for (const auto& [name, text] : std::get<Value::Dict>(each.data))
        (name == "where" ? where : reason) = std::get<std::string>(text.data);
      cases += fmt::format(" WHEN {} THEN {}", checked_where(connection, request.plan_id, where),
                           sql_text(reason));
    }
  }
  return cases;
}

std::string missing_key(Connection& connection, const ExplainRequest& request, int64_t version_id) {
  const Template compiled = compile_version(connection, version_id);
  for (const RequiredKey& key : compiled.required_keys()) {
    Result rows = connection.query(fmt::format("SELECT coalesce(json_exists({}, ?), false) FROM plan_models "
                                               "WHERE plan_id = ? AND model_name = ?",
                                               key.root == "config" ? "config" : "attributes"),
                                   {json_pointer(key.path), request.plan_id, request.model_name});
    if (rows.next() && rows.boolean(0)) continue;
    return fmt::format("{} {}", key.root == "config" ? "its config has no" : "it has no attribute",
                       quote(join(key.path, "."), 200));
  }
  return {};
}

std::string unmet_need(Connection& connection, const ExplainRequest& request, int64_t version_id,
                       int64_t combo) {
  constexpr const char* sql = R"sql(
SELECT min(v.template_name)
FROM plan_models m
JOIN needs n ON n.plan_id = $1 AND n.model_family = m.model_family AND n.pinned IS NOT DISTINCT FROM m.template_id
            AND n.profile = m.profile AND n.version_id = $3 AND n.combo = $4
JOIN template_versions v ON v.version_id = n.needed_version_id
WHERE m.plan_id = $1 AND m.model_name = $2
  AND NOT EXISTS (SELECT 1 FROM test_rows r JOIN plan_cells k ON k.plan_id = $1 AND k.cell = r.cell
                  WHERE r.plan_id = $1 AND r.model = m.model AND k.version_id = n.needed_version_id
                    AND k.combo = n.needed_combo)
)sql";
  Result rows = connection.query(sql, {request.plan_id, request.model_name, version_id, combo});
  if (!rows.next() || rows.is_null(0)) return {};
  return fmt::format("it needs '{}', which its model does not have", rows.text(0));
}

// What others of the group have, and this model has not.
void add_own_skips(Connection& connection, const ExplainRequest& request, const Value::Dict& spec,
                   Explanation& explanation) {
  const std::string cases = cases_of_exclusions(connection, request, spec);
  const bool is_sample =
      std::any_of(spec.begin(), spec.end(), [](const auto& each) { return each.first == "sample"; });
  Result rows = connection.query(
      fmt::format(
          "SELECT DISTINCT c.hardware_type || '/' || v.template_name || c.label, {}, v.version_id, c.combo "
          "FROM "
          "plan_cells k JOIN "
          "combos c ON c.plan_id = $1 AND c.combo = k.combo JOIN template_versions v ON v.version_id = "
          "k.version_id "
          "JOIN plan_models m ON m.plan_id = $1 AND m.model_name = $2 WHERE k.plan_id = $1 AND "
          "v.model_family = "
          "m.model_family AND m.template_id IS NULL AND NOT EXISTS (SELECT 1 FROM plan_skips s WHERE "
          "s.plan_id = $1 AND s.model_family = m.model_family AND s.pinned IS NULL AND (s.profile IS NULL OR "
          "s.profile = m.profile) AND s.version_id = k.version_id AND s.combo = k.combo) AND NOT EXISTS "
          "(SELECT 1 "
          "FROM test_rows r JOIN plan_cells o ON "
          "o.plan_id = $1 AND o.cell = r.cell WHERE r.plan_id = $1 AND r.model = m.model AND o.version_id = "
          "k.version_id AND o.combo = k.combo) AND {} ORDER BY 1",
          cases.empty() ? "NULL::VARCHAR" : "CASE" + cases + " END", cell_condition(request)),
      {request.plan_id, request.model_name});
  std::vector<std::tuple<std::string, std::string, int64_t, int64_t>> found;
  while (rows.next())
    found.emplace_back(rows.text(0), rows.is_null(1) ? "" : rows.text(1), rows.integer(2), rows.integer(3));
  for (auto& [name, reason, version_id, combo] : found) {
    if (reason.empty()) reason = missing_key(connection, request, version_id);
    if (reason.empty()) reason = unmet_need(connection, request, version_id, combo);
    if (reason.empty())
      reason = is_sample ? "the sample leaves it out" : "it is an extra cell of another model";
    explanation.missing.push_back(fmt::format("{}: {}", name, reason));
  }
}

Value spec_of_plan(Connection& connection, int64_t plan_id) {
  Result rows = connection.query("SELECT spec::VARCHAR FROM plans WHERE plan_id = ?", {plan_id});
  rows.next();
  return value_of_json(rows.text(0));
}

std::vector<std::string> hardware_asked(Connection& connection, const ExplainRequest& request) {
  if (request.hardware_type) return {*request.hardware_type};
  std::vector<std::string> hardware_types;
  Result rows = connection.query(
      "SELECT hardware_type FROM combos WHERE plan_id = ? GROUP BY hardware_type ORDER BY min(combo)",
      {request.plan_id});
  while (rows.next()) hardware_types.emplace_back(rows.text(0));
  return hardware_types;
}

}  // namespace

Explanation explain(Connection& connection, const ExplainRequest& request) {
  const Value spec_value = spec_of_plan(connection, request.plan_id);
  const auto& spec = std::get<Value::Dict>(spec_value.data);
  const Subject subject = find_subject(connection, request);
  Explanation explanation;
  explanation.in_plan = subject.in_plan;
  explanation.model_family = subject.family;
  explanation.task = subject.task;
  explanation.family_why = family_why(connection, subject);
  const std::vector<LiveTemplate> all = live_templates(connection);
  for (const std::string& hardware_type : hardware_asked(connection, request)) {
    for (const LiveTemplate& each : all) {
      if (request.template_name && each.name != *request.template_name) continue;
      std::string why = why_lost(each, all, subject, hardware_type, planned_templates(spec));
      const bool chosen = why.empty();
      if (chosen)
        why = subject.pinned          ? "the model's mapping pins it"
              : each.hardware.empty() ? "it is for the family, on any hardware"
                                      : "it is for the family and exactly this hardware";
      explanation.templates.push_back(
          {hardware_type, each.template_id, each.name, each.family, each.hardware, chosen, why});
    }
  }
  if (!subject.in_plan) {
    explanation.missing.push_back(
        "the plan does not have this model: name it with --model, or in the spec's models");
    return explanation;
  }
  add_tests(connection, request, explanation);
  add_outside(connection, request, explanation);
  add_group_skips(connection, request, subject, explanation);
  add_own_skips(connection, request, spec, explanation);
  return explanation;
}

}  // namespace testloom
