#include "template/checker.h"

#include <fmt/core.h>

#include "base/text.h"
#include "template/names.h"

namespace testloom::templating {

namespace {

Site find_site(const Placeholder& placeholder, Mistakes& mistakes) {
  Site site{placeholder.span, placeholder.name};
  if (placeholder.name.empty()) return site;
  if (const std::optional<size_t> slot = find_slot(placeholder.name)) {
    site.type = template_names()[*slot].type;
    site.known = true;
  } else {
    mistakes.push_back({placeholder.name_span, fmt::format("unknown name {}", quote(placeholder.name)),
                        unknown_name_hint(placeholder.name)});
  }
  return site;
}

}  // namespace

std::vector<CheckedPlaceholder> check(const Source& source, const Tree& tree, Mistakes& mistakes) {
  std::vector<Site> sites;
  for (const Node& node : tree.nodes) {
    if (const Placeholder* placeholder = std::get_if<Placeholder>(&node)) {
      sites.push_back(find_site(*placeholder, mistakes));
    }
  }
  std::vector<CheckedPlaceholder> checked(sites.size());
  for (size_t i = 0; i < sites.size(); ++i) checked[i].slot = find_slot(sites[i].name).value_or(0);
  const Placements placements = place_in_python(source, tree, std::move(sites), mistakes);
  for (size_t i = 0; i < checked.size(); ++i) {
    if (placements.of[i]) checked[i].placement = *placements.of[i];
  }
  return checked;
}

}  // namespace testloom::templating
