// Expressions that are made of literals alone, as declarations take them.
#pragma once

#include <optional>

#include "template/expression/syntax.h"

namespace testloom::templating {

// The value of such an expression; nothing for another one, and where the literals have no value, such as an
// integer past 64 bits.
std::optional<Datum> constant_of(Expressions& expressions, ExpressionId id);

}  // namespace testloom::templating
