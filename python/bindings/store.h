// The classes Store and Cursor.
#pragma once

#include <nanobind/nanobind.h>

namespace testloom::python {

void bind_store(nanobind::module_& module);

}  // namespace testloom::python
