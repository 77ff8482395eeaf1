// Python's operators on two numbers: int where both are, else float.
#pragma once

#include "template/expression/operations.h"

namespace testloom::templating {

// Both is_numeric(). Throws for a division by zero, an integer past 64 bits and what would be complex.
Datum calculate(BinaryOperator op, const Datum& left, const Datum& right);

}  // namespace testloom::templating
