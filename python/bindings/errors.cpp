#include "errors.h"

#include <nanobind/stl/string.h>

#include <array>

#include "testloom/error.h"

namespace nb = nanobind;

namespace testloom::python {

namespace {

std::array<PyObject*, 7>& exception_types() {
  static std::array<PyObject*, 7> types{};
  return types;
}

PyObject* new_exception(nb::module_& module, const char* name, nb::tuple bases) {
  const std::string full = std::string("testloom.") + name;
  PyObject* type = PyErr_NewException(full.c_str(), bases.ptr(), nullptr);
  module.attr(name) = nb::borrow(type);
  return type;  // kept for the life of the process
}

void raise(const Error& error) {
  PyObject* type = exception_types()[static_cast<size_t>(error.kind())];
  nb::object exception = nb::borrow(type)(error.what());
  nb::list diagnostics;
  for (const Diagnostic& diagnostic : error.diagnostics()) {
    nb::dict entry;
    entry["message"] = diagnostic.message;
    entry["path"] = diagnostic.where.path;
    entry["line"] = diagnostic.where.line;
    entry["column"] = diagnostic.where.column;
    entry["end_column"] = diagnostic.where.end_column;
    entry["hint"] = diagnostic.hint;
    diagnostics.append(entry);
  }
  const std::string kind(kind_name(error.kind()));
  exception.attr("kind") = nb::str(kind.c_str());
  exception.attr("diagnostics") = diagnostics;
  PyErr_SetObject(type, exception.ptr());
}

}  // namespace

void bind_errors(nb::module_& module) {
  const nb::object base =
      nb::borrow(new_exception(module, "Error", nb::make_tuple(nb::handle(PyExc_Exception))));
  const nb::tuple value_error = nb::make_tuple(base, nb::handle(PyExc_ValueError));
  const nb::tuple plain = nb::make_tuple(base);
  auto& types = exception_types();
  const auto set = [&](ErrorKind kind, const char* name, const nb::tuple& bases) {
    types[static_cast<size_t>(kind)] = new_exception(module, name, bases);
  };
  set(ErrorKind::usage, "UsageError", value_error);
  set(ErrorKind::template_text, "TemplateError", value_error);
  set(ErrorKind::spec, "SpecError", value_error);
  set(ErrorKind::store, "StoreError", plain);
  set(ErrorKind::engine, "EngineError", plain);
  set(ErrorKind::coordinator, "CoordinatorError", plain);
  types[static_cast<size_t>(ErrorKind::interrupted)] = PyExc_KeyboardInterrupt;
  nb::register_exception_translator([](const std::exception_ptr& thrown, void*) {
    try {
      std::rethrow_exception(thrown);
    } catch (const Error& error) {
      raise(error);
    }
  });
}

}  // namespace testloom::python
