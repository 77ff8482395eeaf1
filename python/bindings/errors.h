// testloom's errors as Python exceptions:
//   Error(Exception)
//   ├── UsageError(Error, ValueError)      ├── StoreError(Error)
//   ├── TemplateError(Error, ValueError)   ├── EngineError(Error)
//   ├── SpecError(Error, ValueError)       └── CoordinatorError(Error)
// Each has `kind` (a word) and `diagnostics` (dicts with message, path, line, column, end_column, hint).
#pragma once

#include <nanobind/nanobind.h>

namespace testloom::python {

void bind_errors(nanobind::module_& module);

}  // namespace testloom::python
