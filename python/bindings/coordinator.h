// The class CoordinatorClient of the core.
#pragma once

#include <nanobind/nanobind.h>

namespace testloom::python {

void bind_coordinator(nanobind::module_& module);

}  // namespace testloom::python
