// The functions that make one value of another: str, int, float, round, abs.
#pragma once

#include "template/expression/functions.h"

namespace testloom::templating {

Datum call_str(const Arguments& arguments, Arena& arena);
Datum call_int(const Arguments& arguments, Arena& arena);
Datum call_float(const Arguments& arguments, Arena& arena);
Datum call_round(const Arguments& arguments);
Datum call_abs(const Arguments& arguments);

}  // namespace testloom::templating
