// The functions that go through values: len, min, max, sorted, range, enumerate, zip.
#pragma once

#include "template/expression/functions.h"

namespace testloom::templating {

Datum call_len(const Arguments& arguments);
Datum call_min(const Arguments& arguments, Arena& arena);
Datum call_max(const Arguments& arguments, Arena& arena);
Datum call_sorted(const Arguments& arguments, Arena& arena);
Datum call_range(const Arguments& arguments, Arena& arena);
Datum call_enumerate(const Arguments& arguments, Arena& arena);
Datum call_zip(const Arguments& arguments, Arena& arena);

}  // namespace testloom::templating
