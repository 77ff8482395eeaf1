// Whether a plan's axes and the templates go together, and the plan is no larger than it may be.
#pragma once

#include <string>
#include <vector>

#include "plan/matrix.h"
#include "plan/variants.h"

namespace testloom {

// Whether a parameter of this type takes the value.
bool fits_type(ValueType type, const Value& value);

// Throws an Error (spec) for an axis that no template declares, and for values of another type than declared.
void check_plan_axes(const PlanSpec& spec, const std::vector<Variant>& variants);

// Why a template does not take a cell: a value that is not among its choices. Empty when it does.
std::string reason_not_taken(const Variant& variant, const Matrix& matrix, const Cell& cell);

// Throws the Error (spec) of a plan that is too large, which says what drives it. `what` begins the message.
[[noreturn]] void refuse_size(const PlanSpec& spec, double tests, const std::string& what);

}  // namespace testloom
