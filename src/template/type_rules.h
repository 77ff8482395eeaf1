// What is known of an expression without its values: its type, and mistakes that no value can mend.
#pragma once

#include <optional>
#include <string>

#include "template/expression/syntax.h"

namespace testloom::templating {

// Sets the type of the node, whose parts have theirs. Returns what cannot work for any value, in the node
// itself where no other place is given.
std::optional<Mistake> infer(Expressions& expressions, ExpressionId id);

// The type of a value that has one of the two.
ValueType join_types(ValueType a, ValueType b);
// The type of what a loop through the value yields.
ValueType element_type(const Expression& iterable);

// "an integer", "text", ... for messages.
std::string with_article(ValueType type);

// Replaces the largest parts of the expression that name nothing by their values. Returns the mistake of one
// that has none.
std::optional<Mistake> fold_constants(Expressions& expressions, ExpressionId id, bool is_lazy = false);

}  // namespace testloom::templating
