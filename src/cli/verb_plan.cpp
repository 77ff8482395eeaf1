// `testloom plan`: makes tests from models × hardware types × batch sizes, and shows them before keeping
// them.
#include <fmt/format.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "catalog/models.h"
#include "catalog/names.h"
#include "cli/screen.h"
#include "cli/verbs.h"
#include "plan/planner.h"

namespace testloom::cli {

namespace {

struct PlanOptions {
  std::vector<std::string> models;
  std::string hardware = "cpu";
  std::string batch_sizes = "1,4";
  std::string name = "flags";
  bool dry_run = false;
  bool yes = false;
};

void show_diff(const PlanDiff& diff) {
  if (!diff.previous_plan_id) return;
  print_line(fmt::format(
      "against plan {}: {} added, {} removed, {} changed{}", *diff.previous_plan_id, diff.added, diff.removed,
      diff.changed,
      diff.refreshed ? fmt::format(", {} with another location, priority or estimate", diff.refreshed) : ""));
}

void show_counts(const PlanSummary& summary) {
  Table table({{"FAMILY"}, {"HARDWARE"}, {"TESTS", Table::Align::right}});
  for (const PlanCount& count : summary.counts) {
    table.add({count.model_family, count.hardware_type, std::to_string(count.tests)});
  }
}

void show_summary(const PlanSummary& summary) {
  if (summary.tests > 0) show_counts(summary);
  print_line(fmt::format("{}, longest chain {}, largest estimate {}",
                         counted(static_cast<uint64_t>(summary.tests), "test"), summary.longest_chain,
                         show_bytes(summary.largest_memory_gb * 1e9)));
  for (const Skipped& skip : summary.skipped) {
    const std::string cells = counted(static_cast<uint64_t>(skip.cells), "cell");
    const std::string others = skip.models > 1 ? fmt::format(" and {} more", skip.models - 1) : "";
    print_line(
        fmt::format("skipped {}: {} ({}{})", cells, printable(skip.reason), one_line(skip.example), others));
  }
  show_diff(summary.diff);
  if (summary.unknown_models.empty()) return;
  print_line("models of unknown family; map each with `testloom model add NAME --family FAMILY`:");
  for (const std::string& name : summary.unknown_models) print_line("  " + one_line(name, 400));
}

void print_json(const PlanSummary& summary, bool kept) {
  JsonWriter json;
  json.begin_object()
      .member("plan_id", summary.plan_id)
      .member("stored", kept)
      .member("tests", summary.tests);
  json.member("longest_chain", summary.longest_chain).member("largest_memory_gb", summary.largest_memory_gb);
  json.key("counts").begin_array();
  for (const PlanCount& count : summary.counts) {
    json.begin_object()
        .member("model_family", count.model_family)
        .member("hardware_type", count.hardware_type);
    json.member("tests", count.tests).end_object();
  }
  json.end_array().key("skipped").begin_array();
  for (const Skipped& skip : summary.skipped) {
    json.begin_object()
        .member("reason", skip.reason)
        .member("cells", skip.cells)
        .member("models", skip.models);
    json.member("example", skip.example).end_object();
  }
  json.end_array().key("diff").begin_object().member("previous_plan_id", summary.diff.previous_plan_id);
  json.member("added", summary.diff.added).member("removed", summary.diff.removed);
  json.member("changed", summary.diff.changed).member("refreshed", summary.diff.refreshed).end_object();
  json.key("unknown_models").begin_array();
  for (const std::string& name : summary.unknown_models) json.value(name);
  print_line(json.end_array().end_object().text());
}

[[noreturn]] void refuse_empty(const PlanSummary& summary) {
  std::vector<Diagnostic> diagnostics = {{"no test: no template applies to any chosen model", {}, {}, {}}};
  for (const Skipped& skip : summary.skipped) {
    const bool unknown = skip.reason.find("family is unknown") != std::string::npos;
    diagnostics.push_back(
        {fmt::format("{}: {}", one_line(skip.example), skip.reason),
         {},
         {},
         unknown ? "map it: testloom model add NAME --family FAMILY"
                 : "`testloom template list` shows the templates, `testloom template add` adds one"});
  }
  throw Error(ErrorKind::spec, std::move(diagnostics));
}

PlanRequest request_of(const PlanOptions& options, std::vector<std::string>& notes) {
  if (options.models.empty()) {
    throw Error(ErrorKind::usage, "no model is named", "name one with --model; '*' takes all known models");
  }
  for (const std::string& model : options.models) check_model_name(model);
  PlanRequest request;
  request.plan_name = options.name;
  request.hardware_types = parse_hardware_types(options.hardware, notes);
  request.batch_sizes = parse_batch_sizes(options.batch_sizes);
  return request;
}

// Plans, with the store open no longer than that takes: who is asked may take his time.
PlanSummary plan_once(const Context& context, const PlanOptions& options, PlanRequest& request,
                      bool keep_all) {
  const auto store = context.open(OpenMode::write);
  request.model_names = resolve_models(store->connection(), options.models);
  std::vector<std::string> same_notes;  // those about names were made by request_of already
  const Activity activity("planning");
  return make_plan(*store, request, same_notes, [&](const PlanSummary& made) {
    return !options.dry_run && (keep_all || made.diff.removed == 0);
  });
}

int run_plan_verb(const Context& context, const PlanOptions& options) {
  std::vector<std::string> notes;
  PlanRequest request = request_of(options, notes);
  PlanSummary summary = plan_once(context, options, request, options.yes);
  print_notes(notes);
  if (summary.tests == 0) refuse_empty(summary);
  const bool unanswered = summary.plan_id == 0 && !options.dry_run;
  if (unanswered) {
    if (!context.json) show_diff(summary.diff);
    const bool agreed = confirm(fmt::format("the plan {} would lose {}", quote(options.name),
                                            counted(static_cast<uint64_t>(summary.diff.removed), "test")));
    if (agreed) summary = plan_once(context, options, request, true);
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
    print_line(fmt::format("stored as plan {} ('{}')", summary.plan_id, one_line(options.name)));
  } else {
    print_line("nothing was written");
  }
  return 0;
}

}  // namespace

void setup_plan(CLI::App& app, Context& context) {
  CLI::App* verb =
      add_verb(app, "plan", "make tests from models, hardware types and batch sizes",
               "  testloom plan --model bert-base-uncased --hardware cpu,cuda --batch-sizes 1,4,16\n"
               "  testloom plan --model 'bert-*' --model gpt2 --name nightly --dry-run");
  auto options = std::make_shared<PlanOptions>();
  add_repeatable(*verb, "--model", options->models,
                 "a model's name, or a glob over known models; may be repeated");
  verb->add_option("--hardware,--hardware-types", options->hardware, "hardware types")->capture_default_str();
  verb->add_option("--batch-sizes", options->batch_sizes, "batch sizes")->capture_default_str();
  verb->add_option("--name", options->name, "the plan's name")->capture_default_str();
  verb->add_flag("--dry-run", options->dry_run, "show what would be planned, write nothing");
  verb->add_flag("--yes", options->yes, "do not ask before tests are removed");
  verb->callback([&context, options] {
    context.action = [&context, options] { return run_plan_verb(context, *options); };
  });
}

}  // namespace testloom::cli
