// `testloom plan`: makes tests from a spec or flags, and shows them before keeping them.
#include <cmath>
#include <filesystem>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "catalog/json_values.h"
#include "catalog/names.h"
#include "cli/plan_shown.h"
#include "cli/screen.h"
#include "cli/verbs.h"
#include "engine/local/python.h"
#include "plan/estimates/prediction.h"
#include "plan/planner.h"

namespace testloom::cli {

namespace {

struct PlanOptions {
  std::optional<std::string> spec;
  std::vector<std::string> models;
  std::vector<std::string> lists;
  std::vector<std::string> templates;
  std::optional<std::string> hardware;     // cpu
  std::optional<std::string> batch_sizes;  // 1,4
  std::vector<std::string> axes;
  std::vector<std::string> exclusions;
  std::optional<int64_t> max_tests;
  std::optional<std::string> name;
  bool dry_run = false;
  bool yes = false;
};

[[noreturn]] void refuse_empty(const PlanSummary& summary) {
  const bool left_out = std::any_of(summary.skipped.begin(), summary.skipped.end(), [](const Skipped& skip) {
    return !skip.reason.starts_with("no template") &&
           skip.reason.find("family is unknown") == std::string::npos;
  });
  std::vector<Diagnostic> diagnostics = {
      {left_out ? "no test: every cell is left out" : "no test: no template applies to any chosen model",
       {},
       {},
       {}}};
  for (const Skipped& skip : summary.skipped) {
    const bool unknown = skip.reason.find("family is unknown") != std::string::npos;
    diagnostics.push_back(
        {fmt::format("{}: {}", one_line(skip.example), skip.reason),
         {},
         {},
         unknown ? "map it: testloom model add NAME --family FAMILY"
         : skip.reason.starts_with("no template")
             ? "`testloom template list` shows the templates, `testloom template add` adds one"
             : ""});
  }
  throw Error(ErrorKind::spec, std::move(diagnostics));
}

constexpr const char* kDefaultSpec = "testloom.toml";

// One value as it stands on a command line: what is no JSON of a simple type is a text, and so is "1" in
// quotes.
Value axis_value(const std::string& text) {
  if (text == "true" || text == "false") return text == "true";
  const bool may_be_number = !text.empty() && text.find_first_not_of("0123456789+-.eE") == std::string::npos;
  const bool is_quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  if (!may_be_number && !is_quoted) return text;
  try {
    return value_of_json(text);
  } catch (const Error&) {
    return text;
  }
}

// "NAME=V1,V2"
Axis axis_of(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
    throw Error(ErrorKind::usage, fmt::format("--axis {} does not say a name and values", quote(text)),
                "write --axis dtype=float32,bfloat16");
  }
  Axis axis{text.substr(0, equals), {}, {}, {}};
  std::set<std::string> seen;
  for (const std::string& item : split(std::string_view(text).substr(equals + 1), ',')) {
    const Value value = axis_value(std::string(trimmed(item)));
    const double* number = std::get_if<double>(&value.data);
    if (number && !std::isfinite(*number))
      throw Error(ErrorKind::usage, fmt::format("--axis {} has a number that is too large", quote(text)),
                  "leave it out");
    if (!seen.insert(json_of(value)).second)
      throw Error(ErrorKind::usage, fmt::format("--axis {} has {} twice", quote(text), json_of(value)),
                  "give each once");
    axis.values.push_back(value);
  }
  return axis;
}

void put_axis(PlanSpec& spec, Axis axis) {
  for (const std::vector<Axis>& zip : spec.zips) {
    for (const Axis& zipped : zip) {
      if (zipped.name != axis.name) continue;
      throw Error(ErrorKind::usage,
                  fmt::format("the axis '{}' moves together with others in the spec", axis.name),
                  "change its [[plan.zip]] there");
    }
  }
  std::erase_if(spec.axes, [&](const Axis& known) { return known.name == axis.name; });
  spec.axes.push_back(std::move(axis));
}

// What the spec file says, if there is one, and what flags say instead.
PlanSpec spec_of(const PlanOptions& options, std::vector<std::string>& notes) {
  PlanSpec spec;
  const bool names_models = !options.models.empty() || !options.lists.empty();
  std::error_code error;
  if (options.spec) {
    spec = read_spec(*options.spec);
  } else if (!names_models && std::filesystem::exists(kDefaultSpec, error)) {
    spec = read_spec(kDefaultSpec);
  } else if (!names_models) {
    throw Error(
        ErrorKind::usage, "no model is named",
        fmt::format("name one with --model ('*' takes all known models), or write a {}", kDefaultSpec));
  }
  if (names_models) spec.models.clear();
  for (const std::string& model : options.models) spec.models.push_back({model, std::nullopt, {}});
  for (const std::string& list : options.lists)
    spec.models.push_back({"", std::filesystem::absolute(list), {}});
  if (!options.templates.empty()) spec.templates = options.templates;
  if (options.hardware) spec.hardware_types = parse_hardware_types(*options.hardware, notes);
  if (options.batch_sizes) spec.batch_sizes = parse_batch_sizes(*options.batch_sizes);
  std::set<std::string> given;
  for (const std::string& text : options.axes) {
    Axis axis = axis_of(text);
    if (!given.insert(axis.name).second)
      throw Error(ErrorKind::usage, fmt::format("--axis gives '{}' twice", axis.name),
                  "give all its values at once, with commas");
    put_axis(spec, std::move(axis));
  }
  for (const std::string& where : options.exclusions)
    spec.exclusions.push_back({where, "excluded by: " + one_line(where, 200), {}});
  if (options.max_tests) spec.max_tests = *options.max_tests;
  if (options.name) spec.name = *options.name;
  return spec;
}

// Plans, with the store open no longer than that takes: who is asked may take his time.
PlanSummary plan_once(const Context& context, const PlanOptions& options, PlanSpec& spec, bool keep_all) {
  const auto store = context.open(OpenMode::write);
  if (!has_libraries_of_runs(store->connection())) {
    const std::string python = choose_python({}, context.program_folder);
    const std::vector<std::string> versions = installed_versions(python, {"torch", "transformers"});
    spec.libraries = {versions[0], versions[1]};
  }
  std::vector<std::string> same_notes;  // those about names were made before
  const Activity activity("planning");
  return make_plan(*store, spec, same_notes, [&](const PlanSummary& made) {
    return !options.dry_run && (keep_all || made.diff.removed == 0);
  });
}

int run_plan_verb(const Context& context, const PlanOptions& options) {
  std::vector<std::string> notes;
  PlanSpec spec = spec_of(options, notes);
  PlanSummary summary = plan_once(context, options, spec, options.yes);
  print_notes(notes);
  if (summary.tests == 0) refuse_empty(summary);
  const bool unanswered = summary.plan_id == 0 && !options.dry_run;
  if (unanswered) {
    if (!context.json) show_diff(summary.diff);
    const bool agreed = confirm(fmt::format("the plan {} would lose {}", quote(spec.name),
                                            counted(static_cast<uint64_t>(summary.diff.removed), "test")),
                                ", or give the plan a name of its own with --name");
    if (agreed) summary = plan_once(context, options, spec, true);
  }
  const bool kept = summary.plan_id > 0 && !summary.diff.same();
  if (context.json) {
    print_json(summary, kept);
    return 0;
  }
  show_summary(summary);
  if (summary.diff.same()) {
    print_line(fmt::format("nothing changed: plan {} stays", summary.plan_id));
  } else if (kept) {
    print_line(fmt::format("stored as plan {} ('{}')", summary.plan_id, one_line(spec.name)));
  } else {
    print_line("nothing was written");
  }
  return 0;
}

}  // namespace

void setup_plan(CLI::App& app, Context& context) {
  CLI::App* verb = add_verb(
      app, "plan", "make tests from models, hardware types, batch sizes and axes",
      "  testloom plan --spec nightly.toml --dry-run\n"
      "  testloom plan --model bert-base-uncased --hardware cpu,cuda --batch-sizes 1,4,16\n"
      "  testloom plan --model 'bert-*' --axis dtype=float32,bfloat16 --name nightly\n"
      "  testloom plan --models-file hub.parquet --exclude \"hardware_type = 'cpu' and batch_size > 8\"");
  auto options = std::make_shared<PlanOptions>();
  verb->add_option("--spec", options->spec,
                   "a spec file; ./testloom.toml where there is one and no model is named");
  add_repeatable(*verb, "--model", options->models,
                 "a model's name, or a glob over known models; may be repeated");
  add_repeatable(*verb, "--models-file", options->lists,
                 "a CSV, Parquet or JSON file of models with a column 'name'; may be repeated");
  add_repeatable(*verb, "--template", options->templates, "a template's name; all that apply unless given");
  verb->add_option("--hardware,--hardware-types", options->hardware, "hardware types, as cpu,cuda [cpu]");
  verb->add_option("--batch-sizes", options->batch_sizes, "batch sizes [1,4]");
  add_repeatable(*verb, "--axis", options->axes,
                 "values for a parameter that templates declare, as dtype=float32,bfloat16; may be repeated");
  add_repeatable(*verb, "--exclude", options->exclusions,
                 "a condition that takes cells out; may be repeated");
  verb->add_option("--max-tests", options->max_tests, "more tests than this are an error [100000000]")
      ->check(CLI::PositiveNumber);
  verb->add_option("--name", options->name, "the plan's name [the spec's, or flags]");
  verb->add_flag("--dry-run", options->dry_run, "show what would be planned, write nothing");
  verb->add_flag("--yes", options->yes, "do not ask before tests are removed");
  setup_stored_plans(*verb, context);
  verb->callback([&context, options, verb] {
    if (!verb->get_subcommands().empty()) return;
    context.action = [&context, options] { return run_plan_verb(context, *options); };
  });
}

}  // namespace testloom::cli
