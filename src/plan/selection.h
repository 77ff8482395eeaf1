// Which version of which template goes with which models on which hardware: the rule of the most specific
// variant, and mappings that pin one template.
#pragma once

#include <cstdint>
#include <string>

#include "store/database.h"

namespace testloom {

// Fills two temporary tables for one plan, whose plan_models and combos are written already:
//   selection(model_family, pinned, hardware_type, version_id)  what to expand; pinned is a template_id or
//   NULL skips(model, hardware_type, reason)                         models without a test on a hardware type
// Templates whose text does not pass the check (from a store of the original code) are left out, with the
// check's first message as the reason.
void select_templates(Connection& connection, int64_t plan_id);

}  // namespace testloom
