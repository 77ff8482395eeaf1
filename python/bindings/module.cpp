// testloom._core: the C++ core for Python. The package `testloom` hands it on.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include "coordinator.h"
#include "errors.h"
#include "model/family.h"
#include "store.h"
#include "testloom/template.h"

namespace nb = nanobind;

namespace testloom::python {
namespace {

Values to_values(const nb::dict& given) {
  Values values;
  for (const auto& [name, value] : given) {
    const std::string key = nb::cast<std::string>(name);
    if (nb::isinstance<nb::int_>(value) && !nb::isinstance<nb::bool_>(value)) {
      values.set(key, nb::cast<int64_t>(value));
    } else if (nb::isinstance<nb::str>(value)) {
      values.set(key, nb::cast<std::string>(value));
    } else {
      throw Error(ErrorKind::usage, "the value of '" + key + "' is neither text nor a whole number");
    }
  }
  return values;
}

nb::dict detect(const std::string& model_name) {
  const FamilyGuess guess = detect_family(model_name);
  nb::dict answer;
  answer["model_name"] = model_name;
  answer["model_family"] = guess.model_family;
  answer["task"] = guess.task;
  answer["origin"] = guess.origin;
  answer["confidence"] = guess.confidence;
  return answer;
}

}  // namespace
}  // namespace testloom::python

NB_MODULE(_core, module) {
  using namespace testloom;
  module.doc() = "The C++ core of testloom.";
  module.attr("version") = TESTLOOM_VERSION;
  python::bind_errors(module);
  python::bind_store(module);
  python::bind_coordinator(module);
  module.def(
      "check_template",
      [](const std::string& content, const std::string& path) { Template::compile(path, content); },
      nb::arg("content"), nb::arg("path") = "<template>",
      "Checks a template; raises TemplateError with every mistake found.");
  module.def(
      "render_template",
      [](const std::string& content, const nb::dict& values, const std::string& path) {
        return Template::compile(path, content).render(python::to_values(values));
      },
      nb::arg("content"), nb::arg("values"), nb::arg("path") = "<template>",
      "The template's text for these values (name to str or int); raises TemplateError.");
  module.def("detect_family", &python::detect, nb::arg("model_name"),
             "Family and task that a model's name tells: model_family, task, origin, confidence.");
}
