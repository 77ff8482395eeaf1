// Copies values from one arena to another.
#pragma once

#include "template/expression/arena.h"
#include "template/expression/datum.h"

namespace testloom::templating {

// The value with everything that it points to in `arena`, and the traits of its texts worked out.
Datum keep(const Datum& value, Arena& arena);

}  // namespace testloom::templating
