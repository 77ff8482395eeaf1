// Dicts by their keys: which values can be one, finding one, and the same of two dicts.
#pragma once

#include "template/expression/datum.h"

namespace testloom::templating {

// Throws for a value that cannot be a key: a list, a dict, a tuple with one in it.
void require_hashable(const Datum& key);

// The value of `key`, or null. Throws for what cannot be a key.
const Datum* find_value(const Datum& dict, const Datum& key);

// Whether they have the same keys with equal values.
bool equal_dicts(const Datum& left, const Datum& right);

}  // namespace testloom::templating
