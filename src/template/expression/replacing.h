// Text put together: replace and join.
#pragma once

#include "template/expression/arena.h"
#include "template/expression/datum.h"

namespace testloom::templating {

// The first `limit` of the places where `old` stands, all when it is negative. An empty one stands before
// every character and at the end.
Datum replace(std::string_view text, std::string_view old, std::string_view by, int64_t limit, Arena& arena);

// The texts that `iterable` gives, with `separator` between them. Throws for what is no text.
Datum join(std::string_view separator, const Datum& iterable, Arena& arena);

}  // namespace testloom::templating
