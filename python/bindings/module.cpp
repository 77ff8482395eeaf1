// testloom._core: the C++ core for Python. The package `testloom` hands it on.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include "catalog/template_files.h"
#include "coordinator.h"
#include "errors.h"
#include "model/family/family.h"
#include "store.h"
#include "testloom/template.h"

namespace nb = nanobind;

namespace testloom::python {
namespace {

constexpr int kDeepestValue = 64;

Value to_value(nb::handle given, const std::string& name, int depth = 0) {
  if (depth > kDeepestValue) throw Error(ErrorKind::usage, "the value of '" + name + "' is nested too deep");
  if (given.is_none()) return {};
  if (nb::isinstance<nb::bool_>(given)) return nb::cast<bool>(given);
  if (nb::isinstance<nb::int_>(given)) {
    int64_t integer = 0;
    if (nb::try_cast<int64_t>(given, integer)) return integer;
    throw Error(ErrorKind::usage, "the value of '" + name + "' does not fit into 64 bits");
  }
  if (nb::isinstance<nb::float_>(given)) return nb::cast<double>(given);
  if (nb::isinstance<nb::str>(given)) return nb::cast<std::string>(given);
  if (nb::isinstance<nb::list>(given) || nb::isinstance<nb::tuple>(given)) {
    Value::List items;
    for (const nb::handle item : given) items.push_back(to_value(item, name, depth + 1));
    return items;
  }
  if (nb::isinstance<nb::dict>(given)) {
    Value::Dict entries;
    for (const auto& [key, item] : nb::cast<nb::dict>(given)) {
      if (!nb::isinstance<nb::str>(key))
        throw Error(ErrorKind::usage, "a key in the value of '" + name + "' is no text");
      entries.emplace_back(nb::cast<std::string>(key), to_value(item, name, depth + 1));
    }
    return entries;
  }
  throw Error(ErrorKind::usage,
              "the value of '" + name + "' is neither None, bool, int, float, str, list nor dict");
}

CompileOptions options_of(const std::string& output, bool is_partial) {
  const std::optional<OutputKind> kind = parse_output_kind(output);
  if (!kind)
    throw Error(ErrorKind::usage, "'" + output + "' is no kind of output",
                "kinds: python, text, json, yaml, shell");
  return {.output = *kind, .is_partial = is_partial};
}

constexpr const char* kNoPath = "<template>";

// What the content includes is looked for beside its path, where it has one.
Template compile(const std::string& content, const std::string& path, const std::string& output,
                 bool is_partial) {
  CompileOptions options = options_of(output, is_partial);
  BesideFinder beside(nullptr);
  if (path != kNoPath) options.finder = &beside;
  return Template::compile(path, content, options);
}

std::string render(const std::string& content, const nb::dict& values, const std::string& path,
                   const std::string& output) {
  const Template compiled = compile(content, path, output, false);
  Renderer renderer(compiled);
  for (const auto& [name, value] : values) {
    const std::string key = nb::cast<std::string>(name);
    renderer.set(key, to_value(value, key));
  }
  return std::string(renderer.render());
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
      [](const std::string& content, const std::string& path, const std::string& output, bool is_partial) {
        python::compile(content, path, output, is_partial);
      },
      nb::arg("content"), nb::arg("path") = python::kNoPath, nb::arg("output") = "python",
      nb::arg("is_partial") = false,
      "Checks a template whose output is python, text, json, yaml or shell; raises TemplateError with every "
      "mistake found. is_partial: it is there to be included, and needs no test function.");
  module.def(
      "render_template", &python::render, nb::arg("content"), nb::arg("values"),
      nb::arg("path") = python::kNoPath, nb::arg("output") = "python",
      "The template's text for these values, by name: None, bool, int, float, str, list or dict. Raises "
      "TemplateError, and UsageError for a name that the template does not know or a value of another type.");
  module.def("detect_family", &python::detect, nb::arg("model_name"),
             "Family and task that a model's name tells: model_family, task, origin, confidence.");
}
