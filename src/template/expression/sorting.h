// The order of sorted().
#pragma once

#include "template/expression/arena.h"
#include "template/expression/datum.h"

namespace testloom::templating {

// Sorts in place by <; equal items keep their order. Throws for items that cannot be compared. Fewer than 64
// are compared in CPython's own order, which shows where there are nans.
void sort_items(Datum* items, size_t count, Arena& arena);

}  // namespace testloom::templating
