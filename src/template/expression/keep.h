// Copies values from one arena to another.
#pragma once

#include "template/expression/arena.h"
#include "template/expression/datum.h"

namespace testloom::templating {

// Whether a copy of the value takes at most so many bytes. What stands in it several times counts as often.
bool is_small(const Datum& value, size_t most_bytes);

// The value with everything that it points to in `arena`, and the traits of its texts worked out.
Datum keep(const Datum& value, Arena& arena);

}  // namespace testloom::templating
