#include "coordinator.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "engine/coordinator/client.h"

namespace nb = nanobind;

namespace testloom::python {

namespace {

SubmittedTest to_test(const nb::dict& fields) {
  const auto text = [&](const char* name) { return nb::cast<std::string>(fields[name]); };
  SubmittedTest test;
  test.test_id = text("test_id");
  test.model_name = text("model_name");
  test.model_family = text("model_family");
  test.hardware_type = text("hardware_type");
  test.batch_size = nb::cast<int64_t>(fields["batch_size"]);
  test.test_content = text("test_content");
  test.dependencies = nb::cast<std::vector<std::string>>(fields["dependencies"]);
  test.priority = nb::cast<int>(fields["priority"]);
  test.requirements_json = text("requirements_json");
  return test;
}

nb::dict submit(CoordinatorClient& client, const nb::dict& fields) {
  const SubmittedTest test = to_test(fields);
  CoordinatorReply reply;
  {
    const nb::gil_scoped_release others_may_run;
    reply = client.submit_task(test);
  }
  nb::dict answer;
  answer["success"] = reply.success;
  if (reply.success)
    answer["task_id"] = reply.task_id;
  else
    answer["error"] = reply.error;
  return answer;
}

}  // namespace

void bind_coordinator(nb::module_& module) {
  nb::class_<CoordinatorClient>(module, "CoordinatorClient", "Submits tests to a coordinator over HTTP.")
      .def(
          "__init__",
          [](CoordinatorClient* place, const std::string& url, std::optional<std::string> api_key,
             double timeout_seconds) {
            new (place) CoordinatorClient(url, api_key.value_or(""), timeout_seconds);
          },
          nb::arg("url"), nb::arg("api_key") = nb::none(), nb::arg("timeout_seconds") = 30.0)
      .def("submit_task", submit, nb::arg("fields"))
      .def(
          "get_task",
          [](CoordinatorClient& client, const std::string& task_id) {
            const nb::gil_scoped_release others_may_run;
            return client.get_task(task_id);
          },
          nb::arg("task_id"), "The coordinator's answer as JSON text.");
}

}  // namespace testloom::python
