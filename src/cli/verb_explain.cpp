// `testloom explain`: why a cell has the test that it has, or none.
#include <fmt/format.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "catalog/names.h"
#include "cli/estimate_shown.h"
#include "cli/screen.h"
#include "cli/test_listing.h"
#include "cli/verbs.h"
#include "plan/explain.h"
#include "plan/planner.h"

namespace testloom::cli {

namespace {

struct ExplainOptions {
  std::optional<std::string> plan;
  std::string model;
  std::optional<std::string> hardware;
  std::optional<int64_t> batch_size;
  std::optional<std::string> template_name;
  std::vector<std::string> axes;
};

void show_templates(const Explanation& explanation) {
  Table table({{"HARDWARE"}, {"TEMPLATE"}, {"ID", Table::Align::right}, {"FOR"}, {""}, {"WHY"}});
  for (const TemplateVerdict& each : explanation.templates) {
    if (!each.chosen && each.model_family != explanation.model_family) continue;  // JSON has them
    const std::string what =
        each.model_family + (each.for_hardware.empty() ? "" : " on " + each.for_hardware);
    table.add({each.hardware_type, each.template_name, std::to_string(each.template_id), what,
               each.chosen ? "chosen" : "no", each.why},
              each.chosen ? Colour::green : Colour::none);
  }
}

void show_tests(const Explanation& explanation) {
  for (const ExplainedTest& each : explanation.tests) {
    print_line("");
    print_line(fmt::format("{}{}", one_line(each.test.case_name, 5000),
                           each.test.is_reference ? " (only there since other tests need it)" : ""));
    print_line("  test      " + each.test.test_id);
    print_line(fmt::format("  template  {} (ID {}, version {})", each.test.template_name,
                           each.test.template_id, each.test.template_version));
    print_line("  priority  " + each.priority_terms);
    show_estimate(each.test, each.estimate);
    for (const std::string& before : each.before) print_line("  after     " + one_line(before, 5000));
    if (each.test.last_outcome) print_line("  last      " + *each.test.last_outcome);
  }
}

void show(const ExplainRequest& request, const Explanation& explanation) {
  print_line(fmt::format("model   {}", one_line(request.model_name, 5000)));
  print_line(fmt::format("family  {}, {}", explanation.model_family, explanation.family_why));
  if (!explanation.task.empty()) print_line(fmt::format("task    {}", explanation.task));
  print_line("");
  show_templates(explanation);
  show_tests(explanation);
  if (explanation.missing.empty()) return;
  print_line("");
  print_line("no test:");
  for (const std::string& reason : explanation.missing) print_line("  " + one_line(reason, 5000));
}

void print_json(const ExplainRequest& request, const Explanation& explanation) {
  JsonWriter json;
  json.begin_object().member("model_name", request.model_name).member("in_plan", explanation.in_plan);
  json.member("model_family", explanation.model_family).member("family_why", explanation.family_why);
  json.member("task", explanation.task).key("templates").begin_array();
  for (const TemplateVerdict& each : explanation.templates) {
    json.begin_object().member("hardware_type", each.hardware_type).member("template_id", each.template_id);
    json.member("template_name", each.template_name).member("model_family", each.model_family);
    json.member("for_hardware", each.for_hardware.empty() ? std::nullopt : std::optional(each.for_hardware));
    json.member("chosen", each.chosen).member("why", each.why).end_object();
  }
  json.end_array().key("tests").begin_array();
  for (const ExplainedTest& each : explanation.tests) {
    JsonWriter test = json_of(each.test);
    test.member("priority_terms", each.priority_terms).key("estimate").begin_object();
    write_test_estimate(test, each.estimate);
    test.end_object().key("after").begin_array();
    for (const std::string& before : each.before) test.value(before);
    json.raw(test.end_array().end_object().text());
  }
  json.end_array().key("missing").begin_array();
  for (const std::string& reason : explanation.missing) json.value(reason);
  print_line(json.end_array().end_object().text());
}

ExplainRequest request_of(Connection& connection, const ExplainOptions& options) {
  ExplainRequest request;
  check_model_name(options.model);
  request.plan_id = latest_plan(connection, options.plan);
  request.model_name = options.model;
  request.hardware_type = options.hardware;
  request.batch_size = options.batch_size;
  request.template_name = options.template_name;
  for (const std::string& axis : options.axes) {
    const size_t equals = axis.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw Error(ErrorKind::usage, fmt::format("--axis {} does not say a name and a value", quote(axis)),
                  "write --axis dtype=float32");
    }
    request.axes.emplace_back(axis.substr(0, equals), axis.substr(equals + 1));
  }
  return request;
}

int run_explain(const Context& context, const ExplainOptions& options) {
  const auto store = context.open(OpenMode::read);
  const ExplainRequest request = request_of(store->connection(), options);
  const Explanation explanation = explain(store->connection(), request);
  context.json ? print_json(request, explanation) : show(request, explanation);
  return 0;
}

}  // namespace

void setup_explain(CLI::App& app, Context& context) {
  CLI::App* verb =
      add_verb(app, "explain", "say why a cell has the test that it has, or none",
               "  testloom explain bert-base-uncased\n"
               "  testloom explain bert-base-uncased --hardware cuda --batch-size 64 --axis dtype=float16");
  auto options = std::make_shared<ExplainOptions>();
  verb->add_option("MODEL", options->model, "a model's name")->required();
  verb->add_option("--hardware,--hardware-type", options->hardware,
                   "one hardware type (default: the plan's)");
  verb->add_option("--batch-size", options->batch_size, "one batch size (default: the plan's)");
  verb->add_option("--template", options->template_name, "one template's name (default: all)");
  add_repeatable(*verb, "--axis", options->axes, "one value of an axis, as dtype=float32; may be repeated");
  verb->add_option("--plan", options->plan, "a plan's name or number (default: the latest)");
  verb->callback([&context, options] {
    context.action = [&context, options] { return run_explain(context, *options); };
  });
}

}  // namespace testloom::cli
