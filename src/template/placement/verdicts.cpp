#include "template/placement/verdicts.h"

#include <fmt/core.h>

namespace testloom::templating {

Verdicts::Verdicts(std::vector<Site> sites)
    : sites_(std::move(sites)), placements_(sites_.size()), refused_(sites_.size()) {}

void Verdicts::accept(size_t index, const Placement& placement) {
  if (!refused_[index]) placements_[index] = placement;
}

void Verdicts::refuse(size_t index, std::string_view where, std::string_view hint) {
  placements_[index].reset();
  if (refused_[index]) return;
  refused_[index] = true;
  const Site& site = sites_[index];
  if (!site.known) return;
  mistakes_.push_back({site.span, fmt::format("'{}' cannot stand {}", site.name, where), std::string(hint)});
}

}  // namespace testloom::templating
