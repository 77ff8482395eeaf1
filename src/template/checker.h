// The third stage: what each placeholder means. Names become slots with types, and placement/ decides how a
// value is written where it stands.
#pragma once

#include "template/placement/placement.h"

namespace testloom::templating {

struct CheckedPlaceholder {
  size_t slot = 0;
  Placement placement;
};

// One entry for each placeholder of the tree, in order. Only whole when no mistake was found.
std::vector<CheckedPlaceholder> check(const Source& source, const Tree& tree, Mistakes& mistakes);

}  // namespace testloom::templating
