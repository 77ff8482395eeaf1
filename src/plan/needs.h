// The tests that templates need first: resolved to cells, those outside of the plan added as references, and
// the graph of all of it checked for circles. Works on groups of models and cells, not on tests.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "plan/matrix.h"
#include "plan/variants.h"
#include "store/appender.h"

namespace testloom {

class NeedsResolver {
 public:
  // REQUIRES: `candidates` and `chosen` are filled.
  NeedsResolver(Connection& connection, int64_t plan_id, const std::vector<Variant>& variants,
                Matrix& matrix);

  bool any() const { return !needs_.empty(); }
  // Adds the cells that are needed to the matrix, at first those of groups, then those that only cells of the
  // table `included` need. Throws an Error (spec) for a circle, with the way around.
  void resolve();
  // Writes the edges into `needs`, references into `chosen` or `included_references`, and the reasons of
  // cells whose needs cannot be met into `chosen` or `included_unmet`.
  void write();

 private:
  struct Group {
    std::string model_family;
    std::optional<int64_t> pinned;
    std::string profile;
    auto operator<=>(const Group&) const = default;
  };
  // A group has two numbers: the second, its first plus groups_.size(), is for what single models of it have
  // besides.
  struct Node {
    size_t group;
    int64_t version_id;
    int32_t combo;
    auto operator<=>(const Node&) const = default;
  };
  struct State {
    std::string reason;  // why there is no such test; empty: there is
    bool is_reference = false;
    bool is_resolved = false;
    std::vector<Node> needed;
  };
  struct Found {
    std::optional<int64_t> version_id;
    std::string reason;
  };

  void read_variants(const std::vector<Variant>& variants);
  void read_groups();
  void read_candidates();
  void read_chosen();
  void visit(const Node& start);
  void resolve_included();
  bool is_included(const Node& node) const { return node.group >= groups_.size(); }
  const Group& group_of(const Node& node) const { return groups_[node.group % groups_.size()]; }
  void write_edges(Appender& edges, const Node& node) const;
  void resolve_node(const Node& node);
  std::string put_values(const NeedInfo& need, const Variant& needed, Cell& cell);
  std::optional<Node> needed_node(const Node& node, const NeedInfo& need, std::string& reason);
  std::optional<Node> previous_in_chain(const Node& node) const;
  Found find_version(size_t group, const std::string& hardware_type, const std::string& template_name) const;
  std::set<Node> wanted_references(bool with_included) const;
  std::string name_of(const Node& node) const;
  [[noreturn]] void refuse_circle(const std::vector<Node>& path, const Node& again) const;

  Connection& connection_;
  int64_t plan_id_;
  Matrix& matrix_;
  std::map<int64_t, const Variant*> versions_;
  std::map<int64_t, std::vector<bool>> declared_;
  std::map<int64_t, const std::vector<NeedInfo>*> needs_;  // of the versions that have some
  std::map<Group, size_t> group_numbers_;
  std::vector<Group> groups_;
  // By family, what is pinned, hardware type and template.
  std::map<std::tuple<std::string, std::optional<int64_t>, std::string, std::string>, Found> candidates_;
  std::map<Node, State> nodes_;
  std::map<Node, Node> chains_;  // the one before, of those in a chain
  std::set<Node> done_, on_path_;
};

}  // namespace testloom
