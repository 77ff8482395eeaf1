#include "plan/needs.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "catalog/json_values.h"
#include "model/family/family.h"
#include "plan/axis_check.h"
#include "store/appender.h"

namespace testloom {

NeedsResolver::NeedsResolver(Connection& connection, int64_t plan_id, const std::vector<Variant>& variants,
                             Matrix& matrix)
    : connection_(connection), plan_id_(plan_id), matrix_(matrix) {
  read_variants(variants);
  if (!any()) return;
  read_groups();
  read_candidates();
  read_chosen();
}

void NeedsResolver::read_variants(const std::vector<Variant>& variants) {
  for (const Variant& variant : variants) {
    if (!variant.version_id) continue;
    versions_[*variant.version_id] = &variant;
    if (!variant.needs.empty()) needs_[*variant.version_id] = &variant.needs;
    declared_[*variant.version_id] = matrix_.declared_by(variant.parameters);
  }
}

namespace {

std::optional<int64_t> pinned_of(const Result& row) {
  return row.is_null(1) ? std::nullopt : std::optional(row.integer(1));
}

}  // namespace

void NeedsResolver::read_groups() {
  Result rows = connection_.query("SELECT model_family, pinned, profile FROM groups ORDER BY ALL");
  while (rows.next()) {
    groups_.push_back({std::string(rows.text(0)), pinned_of(rows), std::string(rows.text(2))});
    group_numbers_.emplace(groups_.back(), groups_.size() - 1);
  }
}

void NeedsResolver::read_candidates() {
  Result rows = connection_.query(
      "SELECT model_family, pinned, hardware_type, template_name, version_id, problem FROM candidates ORDER "
      "BY ALL");
  while (rows.next()) {
    Found& found = candidates_[{std::string(rows.text(0)), pinned_of(rows), std::string(rows.text(2)),
                                std::string(rows.text(3))}];
    if (!rows.is_null(5))
      found.reason = rows.text(5);
    else
      found.version_id = rows.integer(4);
  }
}

void NeedsResolver::read_chosen() {
  Result rows =
      connection_.query("SELECT model_family, pinned, profile, version_id, combo, reason FROM chosen");
  while (rows.next()) {
    const Group group{std::string(rows.text(0)), pinned_of(rows), std::string(rows.text(2))};
    State& state = nodes_[{group_numbers_.at(group), rows.integer(3), static_cast<int32_t>(rows.integer(4))}];
    if (!rows.is_null(5)) state.reason = rows.text(5);
  }
}

NeedsResolver::Found NeedsResolver::find_version(size_t group, const std::string& hardware_type,
                                                 const std::string& template_name) const {
  const Group& of = groups_[group % groups_.size()];
  const auto found = candidates_.find({of.model_family, of.pinned, hardware_type, template_name});
  if (found != candidates_.end()) return found->second;
  return {std::nullopt, of.pinned ? "which a mapping that pins another template leaves out"
                                  : fmt::format("which no template is for family {} on {}", of.model_family,
                                                hardware_type)};
}

// Puts the values of a need into a cell; returns what is wrong with them, or nothing.
std::string NeedsResolver::put_values(const NeedInfo& need, const Variant& needed, Cell& cell) {
  for (const auto& [name, value] : need.axes) {
    if (name == "hardware_type" || name == "batch_size") continue;
    const auto parameter = std::find_if(needed.parameters.begin(), needed.parameters.end(),
                                        [&, n = name](const ParameterInfo& each) { return each.name == n; });
    const std::optional<size_t> axis = matrix_.find_axis(name);
    if (parameter == needed.parameters.end() || !axis)
      return fmt::format("with {}={}, which it does not declare", name, json_of(value));
    if (!fits_type(parameter->type, value))
      return fmt::format("with {}={}, which it declares as {}", name, json_of(value),
                         type_word(parameter->type));
    const bool is_default = parameter->default_value &&
                            json_of(*parameter->default_value) == json_of(value) &&
                            !matrix_.is_planned(*axis);
    cell.values[*axis] = is_default ? Cell::kNotDeclared : matrix_.add_value(*axis, value);
  }
  return reason_not_taken(needed, matrix_, cell);
}

namespace {

// Where the needed test is to run; returns what is wrong with it, or nothing.
std::string put_place(const NeedInfo& need, Cell& cell) {
  for (const auto& [name, value] : need.axes) {
    const auto* text = std::get_if<std::string>(&value.data);
    const auto* integer = std::get_if<int64_t>(&value.data);
    if (name == "hardware_type") {
      if (!text || !is_name(*text)) return fmt::format("on {}, which is no hardware type", json_of(value));
      cell.hardware_type = *text;
    } else if (name == "batch_size") {
      if (!integer || *integer < 1) return fmt::format("with {}, which is no batch size", json_of(value));
      cell.batch_size = *integer;
    }
  }
  return {};
}

}  // namespace

// The test that a need means, or the reason why there is none; nothing for the test itself.
std::optional<NeedsResolver::Node> NeedsResolver::needed_node(const Node& node, const NeedInfo& need,
                                                              std::string& reason) {
  Cell cell = matrix_.cells()[static_cast<size_t>(node.combo)];
  reason = put_place(need, cell);
  if (!reason.empty()) {
    reason = fmt::format("it needs '{}' {}", need.template_name, reason);
    return std::nullopt;
  }
  const Found found = find_version(node.group, cell.hardware_type, need.template_name);
  if (!found.version_id) {
    reason = fmt::format("it needs '{}', {}", need.template_name,
                         found.reason.starts_with("which ") ? found.reason : "but " + found.reason);
    return std::nullopt;
  }
  cell = matrix_.completed(std::move(cell), declared_.at(*found.version_id));
  reason = put_values(need, *versions_.at(*found.version_id), cell);
  if (!reason.empty()) {
    reason = reason.starts_with("with ") ? fmt::format("it needs '{}' {}", need.template_name, reason)
                                         : fmt::format("it needs '{}', but {}", need.template_name, reason);
    return std::nullopt;
  }
  Node target{node.group % groups_.size(), *found.version_id, matrix_.add(cell)};
  if (!nodes_.contains(target)) target.group = node.group;
  if (target == node && need.axes.empty()) refuse_circle({node}, node);
  if (target == node) return std::nullopt;  // the very cell that its other cells need
  const auto [known, added] = nodes_.try_emplace(target);
  if (added) known->second.is_reference = true;
  return target;
}

void NeedsResolver::resolve_node(const Node& node) {
  if (nodes_.at(node).is_resolved) return;
  nodes_.at(node).is_resolved = true;
  const auto needs = needs_.find(node.version_id);
  if (needs == needs_.end() || !nodes_.at(node).reason.empty()) return;
  for (const NeedInfo& need : *needs->second) {
    std::string reason;
    const std::optional<Node> needed = needed_node(node, need, reason);
    State& state = nodes_.at(node);
    if (!reason.empty()) {
      state.reason = reason;
      state.needed.clear();
      return;
    }
    const bool is_new =
        needed && std::find(state.needed.begin(), state.needed.end(), *needed) == state.needed.end();
    if (is_new && previous_in_chain(node) != needed) state.needed.push_back(*needed);
  }
}

// The test of the next smaller batch, which a chain puts before it.
std::optional<NeedsResolver::Node> NeedsResolver::previous_in_chain(const Node& node) const {
  if (nodes_.at(node).is_reference) return std::nullopt;
  const auto found = chains_.find(node);
  return found == chains_.end() ? std::nullopt : std::optional(found->second);
}

std::string NeedsResolver::name_of(const Node& node) const {
  const Cell& cell = matrix_.cells()[static_cast<size_t>(node.combo)];
  return fmt::format("{}/{}{}", cell.hardware_type, versions_.at(node.version_id)->template_name,
                     matrix_.label_of(cell));
}

void NeedsResolver::refuse_circle(const std::vector<Node>& path, const Node& again) const {
  std::string way;
  for (auto at = std::find(path.begin(), path.end(), again); at != path.end(); ++at)
    way += name_of(*at) + " -> ";
  throw Error(ErrorKind::spec,
              fmt::format("tests of family {} need each other in a circle: {}{}",
                          group_of(again).model_family, way, name_of(again)),
              "take one '#% needs' of these templates out");
}

// Goes through all that a test comes after, depth first, without calling itself.
void NeedsResolver::visit(const Node& start) {
  struct Step {
    std::vector<Node> next;
    size_t at = 0;
  };
  std::vector<Node> path;
  std::vector<Step> steps;
  const auto enter = [&](const Node& node) {
    resolve_node(node);
    on_path_.insert(node);
    path.push_back(node);
    Step step{nodes_.at(node).needed};
    if (const std::optional<Node> previous = previous_in_chain(node)) step.next.push_back(*previous);
    steps.push_back(std::move(step));
  };
  if (done_.contains(start)) return;
  enter(start);
  while (!steps.empty()) {
    Step& step = steps.back();
    if (step.at == step.next.size()) {
      const Node node = path.back();
      State& state = nodes_.at(node);
      for (const Node& needed : state.needed) {
        const std::string& why = nodes_.at(needed).reason;
        if (state.reason.empty() && !why.empty())
          state.reason = fmt::format("it needs {}, which is skipped: {}", name_of(needed), why);
      }
      done_.insert(node);
      on_path_.erase(node);
      path.pop_back();
      steps.pop_back();
      continue;
    }
    const Node next = step.next[step.at++];
    if (on_path_.contains(next)) refuse_circle(path, next);
    if (!done_.contains(next)) enter(next);
  }
}

void NeedsResolver::resolve() {
  // By version, group and what differs in batch size alone, the batch sizes ascending.
  std::map<std::tuple<size_t, int64_t, Cell>, std::map<int64_t, Node>> by_chain;
  std::vector<Node> starts;
  for (const auto& [node, state] : nodes_) {
    if (!state.reason.empty()) continue;
    Cell chain = matrix_.cells()[static_cast<size_t>(node.combo)];
    const int64_t batch_size = std::exchange(chain.batch_size, 0);
    by_chain[{node.group, node.version_id, chain}][batch_size] = node;
    if (needs_.contains(node.version_id)) starts.push_back(node);
  }
  for (const auto& [key, nodes] : by_chain) {
    for (auto at = nodes.begin(); at != nodes.end(); ++at) {
      if (at != nodes.begin()) chains_.emplace(at->second, std::prev(at)->second);
    }
  }
  for (const Node& start : starts) visit(start);
  resolve_included();
}

// Cells that single models have besides their group's. What the group has already stays what it is.
void NeedsResolver::resolve_included() {
  Result rows = connection_.query(
      "SELECT DISTINCT m.model_family, m.template_id, m.profile, i.version_id, i.combo FROM included i JOIN "
      "planned_models "
      "m ON "
      "m.plan_id = $1 AND m.model_name = i.model_name WHERE i.reason IS NULL ORDER BY ALL",
      {plan_id_});
  std::vector<Node> starts;
  while (rows.next()) {
    const auto number =
        group_numbers_.find({std::string(rows.text(0)), pinned_of(rows), std::string(rows.text(2))});
    if (number == group_numbers_.end() || !needs_.contains(rows.integer(3))) continue;
    Node node{number->second, rows.integer(3), static_cast<int32_t>(rows.integer(4))};
    const auto of_group = nodes_.find(node);
    if (of_group != nodes_.end() && of_group->second.reason.empty()) continue;
    node.group += groups_.size();
    nodes_.try_emplace(node);
    starts.push_back(node);
  }
  for (const Node& start : starts) visit(start);
}

// Without those that only skipped tests would have needed.
std::set<NeedsResolver::Node> NeedsResolver::wanted_references(bool with_included) const {
  std::set<Node> wanted;
  std::vector<Node> left;
  for (const auto& [node, state] : nodes_) {
    if (!state.is_reference && state.reason.empty() && (with_included || !is_included(node)))
      left.push_back(node);
  }
  while (!left.empty()) {
    const State& state = nodes_.at(left.back());
    left.pop_back();
    for (const Node& needed : state.needed) {
      if (nodes_.at(needed).is_reference && wanted.insert(needed).second) left.push_back(needed);
    }
  }
  return wanted;
}

namespace {

void add(Appender& rows, const std::optional<int64_t>& value) { value ? rows.add(*value) : rows.add_null(); }

constexpr const char* kTablesSql = R"sql(
CREATE OR REPLACE TEMP TABLE unmet (model_family VARCHAR, pinned INTEGER, profile VARCHAR, version_id INTEGER, combo INTEGER, reason VARCHAR);
CREATE OR REPLACE TEMP TABLE included_unmet AS FROM unmet;
CREATE OR REPLACE TEMP TABLE included_references (model_family VARCHAR, pinned INTEGER, profile VARCHAR, version_id INTEGER, combo INTEGER);
)sql";

}  // namespace

void NeedsResolver::write_edges(Appender& edges, const Node& node) const {
  const Group& group = group_of(node);
  for (const Node& needed : nodes_.at(node).needed) {
    add(edges.add(plan_id_).add(group.model_family), group.pinned);
    edges.add(node.version_id).add(int64_t{node.combo});
    edges.add(needed.version_id).add(int64_t{needed.combo}).add(group.profile).end_row();
  }
}

void NeedsResolver::write() {
  const std::set<Node> wanted = wanted_references(true), of_groups = wanted_references(false);
  connection_.execute(kTablesSql);
  Appender edges(connection_, "", "needs"), unmet(connection_, "temp", "unmet"),
      included_unmet(connection_, "temp", "included_unmet"), chosen(connection_, "temp", "chosen"),
      included(connection_, "temp", "included_references");
  for (const auto& [node, state] : nodes_) {
    const Group& group = group_of(node);
    const auto add_to = [&, &at = node](Appender& rows) -> Appender& {
      add(rows.add(group.model_family), group.pinned);
      return rows.add(group.profile).add(at.version_id).add(int64_t{at.combo});
    };
    if (!state.reason.empty()) {
      if (!state.is_resolved || state.is_reference) continue;
      add_to(is_included(node) ? included_unmet : unmet).add(state.reason).end_row();
      continue;
    }
    if (state.is_reference && !wanted.contains(node)) continue;
    write_edges(edges, node);
    if (!state.is_reference) continue;
    if (!of_groups.contains(node)) {
      add_to(included).end_row();
      continue;
    }
    const Cell& cell = matrix_.cells()[static_cast<size_t>(node.combo)];
    add(chosen.add(group.model_family), group.pinned);
    chosen.add(group.profile)
        .add(node.version_id)
        .add(versions_.at(node.version_id)->template_name)
        .add(int64_t{node.combo});
    chosen.add(cell.hardware_type).add(cell.batch_size).add_null().add(int64_t{0}).add_null();
    chosen.add_boolean(true).add_null().end_row();
  }
  for (Appender* rows : {&edges, &unmet, &included_unmet, &chosen, &included}) rows->flush();
  connection_.execute(
      "UPDATE chosen SET reason = u.reason FROM unmet u WHERE chosen.reason IS NULL AND u.model_family = "
      "chosen.model_family AND u.pinned IS NOT DISTINCT FROM chosen.pinned AND u.profile = chosen.profile "
      "AND u.version_id = chosen.version_id AND u.combo = chosen.combo");
}

}  // namespace testloom
