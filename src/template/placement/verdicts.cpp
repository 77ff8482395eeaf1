#include "template/placement/verdicts.h"

#include <fmt/core.h>

#include "base/text.h"

namespace testloom::templating {

namespace {

bool is_container(ValueType type) { return type >= ValueType::list; }

// What is said of a container where a name or number must stand.
std::string_view place_of_names(Rule rule) {
  if (rule == Rule::name || rule == Rule::identifier) return "where a name must stand";
  return rule == Rule::number_or_name ? "in a replacement field" : "";
}

}  // namespace

Verdicts::Verdicts(std::vector<Site> sites)
    : sites_(std::move(sites)), placements_(sites_.size()), refused_(sites_.size()) {}

void Verdicts::accept(size_t index, const Placement& placement) {
  if (index >= sites_.size() || refused_[index]) return;
  const Site& site = sites_[index];
  Placement accepted = placement;
  const bool operand = placement.rule == Rule::expression || placement.rule == Rule::number_or_name;
  if (site.is_raw) {
    accepted = {.rule = Rule::verbatim};
  } else if (site.is_identifier && (operand || (placement.rule == Rule::name && placement.alone))) {
    // A name already, and the one that the value itself becomes where something is named after it.
    accepted = {.rule = Rule::identifier, .begins = true, .alone = true};
  } else if (const std::string_view where = place_of_names(accepted.rule);
             !where.empty() && is_container(site.type)) {
    return refuse(index, where, fmt::format("its value is {}", type_word(site.type)));
  } else if (site.type == ValueType::iterator) {
    return refuse(index, "as a value", "make a list of it: [item for item in ...]");
  }
  placements_[index] = accepted;
}

void Verdicts::refuse(size_t index, std::string_view where, std::string_view hint) {
  if (index >= sites_.size()) return;
  const Site& site = sites_[index];
  if (site.is_raw) return accept(index, {});
  placements_[index].reset();
  if (refused_[index]) return;
  refused_[index] = true;
  if (!site.known) return;
  mistakes_.push_back(
      {site.span, fmt::format("{} cannot stand {}", quote(site.name, 60), where), std::string(hint)});
}

}  // namespace testloom::templating
