// Which version of which template goes with which models on which hardware: the rule of the most specific
// variant, and mappings that pin one template.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "plan/variants.h"

namespace testloom {

struct SelectionRequest {
  std::vector<Variant> variants;
  std::vector<std::string> hardware_types;              // the plan's
  std::set<std::string> needed_hardware_types;          // others, which templates need tests on
  std::optional<std::set<std::string>> template_names;  // none: all
};

// Fills temporary tables for one plan, whose plan_models are written already:
//   candidates(model_family, pinned, hardware_type, version_id, problem, template_name, is_wanted)
//       what goes with models of this family and pinned template_id (or NULL) on this hardware type; what is
//       not wanted is there for those that need it. With a problem, it cannot be used.
//   lacks(model, hardware_type, version_id, reason)   models that lack a key which the version cannot do
//   without skips(model, hardware_type, reason, version_id)   models without a test on a hardware type, and
//   why
// Templates whose text does not pass the check (from a store of the original code) have the check's first
// message as their problem.
void select_templates(Connection& connection, int64_t plan_id, const SelectionRequest& request);

}  // namespace testloom
